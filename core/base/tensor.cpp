// SPDX-License-Identifier: GPL-3.0-or-later
// Plain host tensors: shapes are checked once, here.
#include "core/base/tensor.h"

#include "core/base/numbers.h"

#include <stdexcept>
#include <utility>

namespace prunescope {
namespace {

std::int64_t elementCount(const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        const auto next = checkedMultiply(count, size);
        if (!next) {
            throw std::invalid_argument("tensor shape is negative or too large");
        }
        count = *next;
    }
    return count;
}

}  // namespace

HostTensor::HostTensor(std::vector<std::int64_t> shape)
    : m_shape(std::move(shape)),
      m_values(std::make_shared<std::vector<float>>(static_cast<std::size_t>(elementCount(m_shape)), 0.0F)) {}

HostTensor::HostTensor(std::vector<std::int64_t> shape, std::vector<float> values) : m_shape(std::move(shape)) {
    if (elementCount(m_shape) != static_cast<std::int64_t>(values.size())) {
        throw std::invalid_argument("tensor shape and number of values differ");
    }
    m_values = std::make_shared<std::vector<float>>(std::move(values));
}

std::int64_t HostTensor::count() const { return m_values ? static_cast<std::int64_t>(m_values->size()) : 0; }

MatrixView::MatrixView(const HostTensor& tensor) {
    if (tensor.empty() || tensor.shape().empty() || tensor.shape().size() > 2) {
        return;
    }
    data = tensor.data();
    rows = tensor.shape().size() == 2 ? tensor.size(0) : 1;
    cols = tensor.shape().back();
    stride = cols;
}

}  // namespace prunescope
