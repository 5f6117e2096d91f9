// SPDX-License-Identifier: GPL-3.0-or-later
// The image cache.
#include "core/run/image_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace prunescope {

CachedImage* ImageCache::find(const std::string& key) {
    const auto it = std::find_if(m_images.begin(), m_images.end(), [&](const CachedImage& image) { return image.key == key; });
    if (it == m_images.end()) {
        return nullptr;
    }
    m_images.splice(m_images.begin(), m_images, it);
    return &m_images.front();
}

CachedImage& ImageCache::insert(CachedImage image) {
    m_images.push_front(std::move(image));
    while (m_images.size() > m_capacity) {
        m_images.pop_back();
    }
    return m_images.front();
}

void ImageCache::erase(const std::string& key) {
    m_images.remove_if([&](const CachedImage& image) { return image.key == key; });
}

bool ImageCache::stampOf(const std::filesystem::path& path, FileStamp& stamp) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
        return false;
    }
    stamp = {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
    return true;
}

std::shared_ptr<const DecodedImage> ImageCache::findFile(const std::filesystem::path& path) {
    FileStamp stamp;
    if (!stampOf(path, stamp)) {
        return nullptr;
    }
    const auto it = std::find_if(m_files.begin(), m_files.end(), [&](const CachedFile& file) { return file.path == path && file.stamp == stamp; });
    return it == m_files.end() ? nullptr : it->image;
}

void ImageCache::rememberFile(const std::filesystem::path& path, std::shared_ptr<const DecodedImage> image) {
    FileStamp stamp;
    if (!stampOf(path, stamp)) {
        return;
    }
    m_files.remove_if([&](const CachedFile& file) { return file.path == path; });
    m_files.push_front({path, stamp, std::move(image)});
    while (m_files.size() > m_capacity) {
        m_files.pop_back();
    }
}

}  // namespace prunescope
