// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a pipeline keeps of the last few images: the decoded file, the tower's output and one pruning session per relevance space.
// (reference/performance.md 5.1)

#include "core/run/pipeline.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace prunescope {

/// A pruning session with the question it was last asked.
struct CachedSession {
    std::unique_ptr<PruneSession> session;
    std::vector<std::int64_t> questionIds;
    std::shared_ptr<const PruneInput> input;   ///< what the session holds
};

struct CachedImage {
    std::string key;                                ///< content hash, or the address of a picture without one
    std::shared_ptr<const ImageContext> context;
    std::array<CachedSession, 2> sessions;          ///< [0] llm space, [1] clip space
    bool unclaimed = false;                         ///< prepared ahead: the next run counts the stages as its own
};

/// Least recently used goes first. Not thread-safe.
class ImageCache {
public:
    explicit ImageCache(std::size_t capacity = 4) : m_capacity(capacity) {}
    /// Moves the entry to the front; nullptr when it is not there.
    [[nodiscard]] CachedImage* find(const std::string& key);
    CachedImage& insert(CachedImage image);
    void erase(const std::string& key);

    /// The decoded file when path, size, time and inode are what they were; else nullptr.
    [[nodiscard]] std::shared_ptr<const DecodedImage> findFile(const std::filesystem::path& path);
    void rememberFile(const std::filesystem::path& path, std::shared_ptr<const DecodedImage> image);

private:
    struct FileStamp {
        std::uint64_t device = 0, inode = 0;
        std::int64_t size = 0, seconds = 0, nanoseconds = 0;
        bool operator==(const FileStamp&) const = default;
    };
    struct CachedFile {
        std::filesystem::path path;
        FileStamp stamp;
        std::shared_ptr<const DecodedImage> image;
    };
    static bool stampOf(const std::filesystem::path& path, FileStamp& stamp);

    std::size_t m_capacity;
    std::list<CachedImage> m_images;
    std::list<CachedFile> m_files;
};

}  // namespace prunescope
