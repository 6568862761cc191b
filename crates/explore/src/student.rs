//! Student's t distribution: it lives where a single run needs it, too.

pub use tokendrome::metrics::two_sided_quantile;
