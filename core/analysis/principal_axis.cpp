// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/principal_axis.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

namespace prunescope::detail {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Scores below rounding are no direction: `scale` is the largest squared length of a row before centring.
std::vector<double> withSign(Eigen::VectorXd scores, double scale) {
    const double largest = scores.size() > 0 ? scores.cwiseAbs().maxCoeff() : 0.0;
    if (!(largest * largest > 1e-24 * scale)) {
        return std::vector<double>(static_cast<std::size_t>(scores.size()), 0.0);
    }
    for (Eigen::Index i = 0; i < scores.size(); ++i) {
        if (std::fabs(scores[i]) >= largest * (1.0 - 1e-9)) {
            scores *= scores[i] < 0 ? -1.0 : 1.0;
            break;
        }
    }
    return {scores.data(), scores.data() + scores.size()};
}

/// Rows as float64, scaled by the largest magnitude so that squares neither overflow nor vanish, then centred. `scale` as above.
Matrix centred(MatrixView tokens, const std::vector<std::int64_t>& rows, double& scale) {
    Matrix x(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(tokens.cols));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::int64_t c = 0; c < tokens.cols; ++c) {
            x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(c)) = tokens.row(rows[i])[c];
        }
    }
    const double largest = x.size() > 0 ? x.cwiseAbs().maxCoeff() : 0.0;
    if (largest > 0) {
        x /= largest;
    }
    scale = x.rowwise().squaredNorm().maxCoeff();
    x.rowwise() -= x.colwise().mean();
    return x;
}

}  // namespace

std::vector<double> projectionOfFew(MatrixView tokens, const std::vector<std::int64_t>& rows) {
    double scale = 0;
    const Matrix x = centred(tokens, rows, scale);
    const Eigen::MatrixXd gram = x * x.transpose();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
    const Eigen::Index last = gram.rows() - 1;
    const double value = std::max(0.0, solver.eigenvalues()[last]);
    return withSign(solver.eigenvectors().col(last) * std::sqrt(value), scale);
}

std::vector<double> projectionOfAll(MatrixView tokens) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(tokens.rows));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = static_cast<std::int64_t>(i);
    }
    double scale = 0;
    const Matrix x = centred(tokens, rows, scale);
    const Eigen::Index n = x.rows();
    const Eigen::Index steps = std::min<Eigen::Index>({n, x.cols() + 1, 120});
    Eigen::MatrixXd basis(n, steps);
    Eigen::VectorXd diagonal = Eigen::VectorXd::Zero(steps);
    Eigen::VectorXd off = Eigen::VectorXd::Zero(steps);
    Eigen::VectorXd vector(n);
    for (Eigen::Index i = 0; i < n; ++i) {   // a fixed start that no symmetry of a grid annihilates
        vector[i] = std::sin(1.0 + 0.7548776662466927 * static_cast<double>(i)) + 0.5;
    }
    vector.normalize();
    Eigen::Index used = 0;
    while (used < steps) {
        basis.col(used) = vector;
        Eigen::VectorXd next = x * (x.transpose() * vector);
        diagonal[used] = vector.dot(next);
        for (int pass = 0; pass < 2; ++pass) {
            next -= basis.leftCols(used + 1) * (basis.leftCols(used + 1).transpose() * next);
        }
        const double length = next.norm();
        ++used;
        if (!(length > 1e-14 * scale * static_cast<double>(n)) || used == steps) {
            break;
        }
        off[used - 1] = length;
        vector = next / length;
    }
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
    solver.computeFromTridiagonal(diagonal.head(used), off.head(std::max<Eigen::Index>(0, used - 1)));
    const double value = std::max(0.0, solver.eigenvalues()[used - 1]);
    return withSign(basis.leftCols(used) * solver.eigenvectors().col(used - 1) * std::sqrt(value), scale);
}

}  // namespace prunescope::detail
