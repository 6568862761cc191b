use tokendrome::{Curves, Report};

use super::*;
use crate::fixtures;

#[test]
fn placeholder() {
    let _ = (fixtures::curves(), None::<(Curves, Report)>);
}
