//! The normal equations of a step, and their solution (Cholesky).

use super::{Parameter, Residual};

/// `slopes' W slopes + pulls`, factored, with what a step needs beside.
pub(super) struct Normal<'a> {
    parameters: &'a [Parameter],
    slopes: &'a [Vec<f64>],
    /// 0 for residuals that do not count.
    weights: Vec<f64>,
    /// Lower triangle.
    factor: Vec<Vec<f64>>,
}

impl<'a> Normal<'a> {
    pub(super) fn new(
        parameters: &'a [Parameter],
        slopes: &'a [Vec<f64>],
        weights: &[f64],
        counts: impl Fn(usize) -> bool,
    ) -> Self {
        let weigh = |(index, weight): (usize, &f64)| if counts(index) { *weight } else { 0.0 };
        let weights: Vec<f64> = weights.iter().enumerate().map(weigh).collect();
        let size = parameters.len();
        let mut matrix = vec![vec![0.0; size]; size];
        for (row, weight) in slopes.iter().zip(&weights) {
            for i in 0..size {
                for j in 0..=i {
                    matrix[i][j] += weight * row[i] * row[j];
                }
            }
        }
        for (i, of) in parameters.iter().enumerate() {
            matrix[i][i] += 1.0 / (of.spread * of.spread);
        }
        Self { parameters, slopes, weights, factor: cholesky(matrix) }
    }

    /// The step to the least sum of squares, were all linear.
    pub(super) fn step(&self, residuals: &[Residual], at: &[f64], start: &[f64]) -> Vec<f64> {
        let mut right: Vec<f64> = self
            .parameters
            .iter()
            .zip(start.iter().zip(at))
            .map(|(of, (start, at))| (start - at) / (of.spread * of.spread))
            .collect();
        for (row, (of, weight)) in self.slopes.iter().zip(residuals.iter().zip(&self.weights)) {
            for (sum, slope) in right.iter_mut().zip(row) {
                *sum -= weight * slope * of.value;
            }
        }
        self.solve(right)
    }

    /// Standard deviation of a parameter's logarithm.
    pub(super) fn sigma(&self, index: usize) -> f64 {
        let mut unit = vec![0.0; self.factor.len()];
        unit[index] = 1.0;
        libm::sqrt(self.solve(unit)[index])
    }

    fn solve(&self, mut right: Vec<f64>) -> Vec<f64> {
        let size = right.len();
        for i in 0..size {
            let known: f64 = (0..i).map(|j| self.factor[i][j] * right[j]).sum();
            right[i] = (right[i] - known) / self.factor[i][i];
        }
        for i in (0..size).rev() {
            let known: f64 = (i + 1..size).map(|j| self.factor[j][i] * right[j]).sum();
            right[i] = (right[i] - known) / self.factor[i][i];
        }
        right
    }
}

/// The lower factor of a symmetric matrix, of which the lower triangle is given; the pulls on the
/// diagonal make it positive definite.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for i in 0..matrix.len() {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - known;
            matrix[i][j] = if i == j { libm::sqrt(rest) } else { rest / matrix[j][j] };
        }
    }
    matrix
}
