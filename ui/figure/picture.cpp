// SPDX-License-Identifier: GPL-3.0-or-later

// Pixel work with OpenCV on buffers that Qt owns.

#include "ui/figure/picture.h"

#include <QImageReader>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

cv::Mat viewOf(QImage& image) {
    static const bool kOneThread = (cv::setNumThreads(1), true);   // the program's threads are counted; these images are small
    Q_UNUSED(kOneThread);
    return cv::Mat(image.height(), image.width(), CV_8UC4, image.bits(), static_cast<std::size_t>(image.bytesPerLine()));
}

}  // namespace

QImage toQImage(const RgbImage& image, int maxSide) {
    const auto wanted = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3;
    if (image.width <= 0 || image.height <= 0 || image.pixels.size() < wanted) {
        return {};
    }
    // OpenCV has no const view; the source is only read.
    const cv::Mat source(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
    const int longest = std::max(image.width, image.height);
    cv::Mat scaled = source;
    if (longest > maxSide) {
        const double factor = static_cast<double>(maxSide) / longest;
        const cv::Size size(std::max(1, static_cast<int>(std::lround(image.width * factor))), std::max(1, static_cast<int>(std::lround(image.height * factor))));
        cv::resize(source, scaled, size, 0, 0, cv::INTER_AREA);
    }
    QImage result(scaled.cols, scaled.rows, QImage::Format_RGB32);
    cv::Mat target = viewOf(result);
    cv::cvtColor(scaled, target, cv::COLOR_RGB2BGRA);
    return result;
}

QImage dimmed(const QImage& picture, QRgb ground, double strength) {
    if (picture.isNull()) {
        return {};
    }
    QImage result = picture.convertToFormat(QImage::Format_RGB32);
    cv::Mat pixels = viewOf(result);
    cv::Mat grey;
    cv::cvtColor(pixels, grey, cv::COLOR_BGRA2GRAY);
    cv::Mat colour;
    cv::cvtColor(grey, colour, cv::COLOR_GRAY2BGRA);
    const cv::Mat flat(pixels.size(), CV_8UC4, cv::Scalar(qBlue(ground), qGreen(ground), qRed(ground), 255));
    cv::addWeighted(colour, 1.0 - strength, flat, strength, 0.0, pixels);
    return result;
}

QImage previewOf(const QString& path) {
    QImageReader reader(path);
    reader.setAutoTransform(true);
    const QSize size = reader.size();
    constexpr qint64 kMaxPixels = 4'000'000;
    if (!size.isValid() || static_cast<qint64>(size.width()) * size.height() > kMaxPixels) {
        return {};
    }
    return reader.read().convertToFormat(QImage::Format_RGB32);
}

}  // namespace prunescope
