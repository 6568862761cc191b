//! Measured points and what lies between them.
//!
//! Points of several coordinates form a tree with one axis a level: under each value of the first
//! coordinate stands a grid of its own. So planes need not be measured at the same places. Between
//! neighbours values are interpolated linearly, axis by axis; above the last of an axis its last
//! two are carried on, below the first the first holds. What lies outside is said.

/// A value, and whether it lies outside of what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) value: f64,
    pub(super) is_outside: bool,
}

/// Measured points of some coordinates.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Grid {
    Point(f64),
    Axis { keys: Vec<f64>, below: Vec<Grid> },
}

impl Grid {
    /// The grid of points of equally many coordinates; none without points.
    pub(super) fn new(mut points: Vec<(Vec<f64>, f64)>) -> Option<Self> {
        points.sort_by(|a, b| {
            let order = a.0.iter().zip(&b.0).map(|(a, b)| a.total_cmp(b));
            order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        (!points.is_empty()).then(|| Self::of_sorted(&points, 0))
    }

    fn of_sorted(points: &[(Vec<f64>, f64)], level: usize) -> Self {
        if points[0].0.len() == level {
            // Of a point that was measured more than once, the first.
            return Self::Point(points[0].1);
        }
        let (mut keys, mut below) = (Vec::new(), Vec::new());
        for plane in points.chunk_by(|a, b| a.0[level] == b.0[level]) {
            keys.push(plane[0].0[level]);
            below.push(Self::of_sorted(plane, level + 1));
        }
        Self::Axis { keys, below }
    }

    /// The value at a place, one coordinate a level.
    pub(super) fn at(&self, place: &[f64]) -> Reading {
        let (keys, below) = match self {
            Self::Point(value) => return Reading { value: *value, is_outside: false },
            Self::Axis { keys, below } => (keys, below),
        };
        let (here, rest) = (place[0], &place[1..]);
        // The first key that is not less.
        let above = keys.partition_point(|&key| key < here);
        if keys.get(above) == Some(&here) {
            let exact = below[above].at(rest);
            if !exact.is_outside {
                return exact;
            }
        }
        if above == 0 || keys.len() == 1 {
            let first = below[0].at(rest);
            let is_outside = first.is_outside || keys[0] != here;
            return Reading { is_outside, ..first };
        }
        let is_beyond = above == keys.len();
        let inside = |index: &usize| !below[*index].at(rest).is_outside;
        // Neighbours whose own grids reach this place are better than nearer ones that do not.
        let (low, high) = if is_beyond {
            (keys.len() - 2, keys.len() - 1)
        } else {
            let low = (0..above).rev().take(REACH).find(inside).unwrap_or(above - 1);
            (low, (above..keys.len()).take(REACH).find(inside).unwrap_or(above))
        };
        let (a, b) = (below[low].at(rest), below[high].at(rest));
        let share = (here - keys[low]) / (keys[high] - keys[low]);
        Reading {
            value: a.value + (b.value - a.value) * share,
            is_outside: is_beyond || a.is_outside || b.is_outside,
        }
    }
}

/// Neighbours on one side that are looked at: planes of two interleaved grids alternate.
const REACH: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// `z = 3 x + x y` at x = 1, 2 and 4, y = 0 and 10; at x = 3 only at y = 5 and 10.
    fn grid() -> Grid {
        let mut points = Vec::new();
        for x in [4.0, 1.0, 2.0, 3.0] {
            for y in [10.0, 0.0] {
                let y = if x == 3.0 && y == 0.0 { 5.0 } else { y };
                points.push((vec![x, y], 3.0 * x + x * y));
            }
        }
        Grid::new(points).expect("there are points")
    }

    #[test]
    fn between_points_it_is_linear_axis_by_axis() {
        let check = |place: [f64; 2], value: f64, is_outside: bool| {
            let found = grid().at(&place);
            assert!((found.value - value).abs() < 1e-12, "{place:?}: {found:?}");
            assert_eq!(found.is_outside, is_outside, "{place:?}");
        };
        check([2.0, 10.0], 26.0, false);
        check([1.5, 5.0], 12.0, false);
        // The plane at 3 does not reach so low: those at 2 and 4 do.
        check([3.0, 0.0], 9.0, false);
        check([2.5, 1.0], 10.0, false);
        // Beyond the last of an axis, and before the first.
        check([5.0, 10.0], 65.0, true);
        check([1.0, 20.0], 23.0, true);
        check([0.5, 0.0], 3.0, true);
    }

    #[test]
    fn no_points_make_no_grid() {
        assert_eq!(Grid::new(Vec::new()), None);
    }
}
