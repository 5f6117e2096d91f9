// SPDX-License-Identifier: GPL-3.0-or-later
// `models` and `doctor`: what can be loaded here, and what this machine offers.
#include "app/cli/machine.h"
#include "app/cli/session.h"
#include "core/base/files.h"
#include "core/base/numbers.h"
#include "core/base/sha256.h"
#include "core/base/utf8.h"
#include "core/engine/engine.h"
#include "core/run/errors.h"
#include "core/run/process_memory.h"
#include "cuda/cuda_ops.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <utility>

namespace prunescope::cli {
namespace {

namespace fs = std::filesystem;

// Weights as they are held on the CPU (float32) plus one image's activations and cache.
std::int64_t memoryNeeded(const Checkpoint& checkpoint) {
    const TextConfig& text = checkpoint.config.text;
    const std::int64_t positions = checkpoint.config.tokensPerImage() + 256;
    const std::int64_t cache = 2LL * text.layers * text.kvHeads * text.headDim * positions * 4;
    return checkpoint.parameters * 4 + cache + (64LL << 20);
}

Json modelJson(const fs::path& folder) {
    Json json;
    json["path"] = folder.string();
    const auto checkpoint = guarded("cannot read the model", [&]() { return openCheckpoint(folder); });
    json["loadable"] = checkpoint.ok();
    if (!checkpoint) {
        json["family"] = json["parameters"] = json["dtype"] = json["memory_bytes"] = nullptr;
        json["id"] = checkpoint.error().id;
        json["reason"] = checkpoint.error().what + (checkpoint.error().why.empty() ? "" : ": " + checkpoint.error().why);
        return json;
    }
    json["family"] = checkpoint->config.family;
    json["parameters"] = checkpoint->parameters;
    json["dtype"] = checkpoint->config.storageDtype.empty() ? Json(nullptr) : Json(checkpoint->config.storageDtype);
    json["memory_bytes"] = memoryNeeded(*checkpoint);
    json["visual_tokens"] = checkpoint->config.tokensPerImage();
    json["reason"] = nullptr;
    json["warnings"] = checkpoint->warnings;
    return json;
}

bool isModelFolder(const fs::path& folder) {
    std::error_code failed;
    return fs::exists(folder / "config.json", failed);
}

// The folder itself, or the model folders right below it; nothing deeper is looked at.
Result<std::vector<fs::path>> modelsIn(const fs::path& folder) {
    std::error_code failed;
    if (!fs::is_directory(folder, failed)) {
        return makeError(ErrorCode::kBadModel, "MODEL-MISSING", "no models there", folder.string(), fs::exists(folder, failed) ? "it is not a folder" : "no such folder");
    }
    if (isModelFolder(folder)) {
        return std::vector<fs::path>{folder};
    }
    std::vector<fs::path> found;
    for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, failed), end; !failed && it != end; it.increment(failed)) {
        if (isModelFolder(it->path())) {
            found.push_back(it->path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string modelLine(const Json& model) {
    std::string text = escapeForLine(model["path"].get<std::string>()) + ": ";
    if (!model["loadable"].get<bool>()) {
        return text + "cannot be loaded: " + escapeForLine(model["reason"].get<std::string>()) + "\n";
    }
    return text + model["family"].get<std::string>() + ", " + formatCount(model["parameters"].get<std::int64_t>()) + " parameters, "
           + (model["dtype"].is_string() ? escapeForLine(model["dtype"].get<std::string>()) : std::string("mixed")) + ", needs "
           + formatBytes(static_cast<std::uint64_t>(model["memory_bytes"].get<std::int64_t>())) + "\n";
}

// One checksum over a folder's files: SHA-256 of the lines "hash  name", names sorted.
Result<Json> folderChecksum(const fs::path& folder) {
    std::set<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
        if (it->is_regular_file(failed)) {
            names.insert(it->path().filename().string());
        }
    }
    Sha256 all;
    Json files = Json::object();
    for (const std::string& name : names) {
        const auto hash = sha256OfFile(folder / name);
        if (!hash) {
            return hash.error();
        }
        files[name] = *hash;
        all.update(*hash + "  " + name + "\n");
    }
    return Json{{"sha256", all.finish()}, {"files", files}};
}

Json folderJson(const char* role, const Result<fs::path>& folder) {
    if (!folder) {
        return {{"role", role}, {"path", nullptr}, {"writable", false}};
    }
    // The folder may not be there yet: then its nearest ancestor decides.
    fs::path at = *folder;
    std::error_code failed;
    while (!at.empty() && !fs::exists(at, failed) && at != at.parent_path()) {
        at = at.parent_path();
    }
    return {{"role", role}, {"path", folder->string()}, {"writable", ::access(at.c_str(), W_OK | X_OK) == 0}};
}

Json modelReport(Session& session, Error& problem, bool& fine) {
    const auto folder = session.modelFolder();
    if (!folder) {
        problem = folder.error();
        fine = false;
        return {{"path", nullptr}, {"loadable", false}, {"reason", problem.why}, {"sha256", nullptr}};
    }
    Json json = modelJson(*folder);
    fine = json["loadable"].get<bool>();
    if (!fine) {
        problem = makeError(ErrorCode::kBadModel, json["id"].get<std::string>(), "the model cannot be loaded", folder->string(), json["reason"].get<std::string>());
    }
    const auto checksum = folderChecksum(*folder);
    json["sha256"] = checksum ? (*checksum)["sha256"] : Json(nullptr);
    json["files"] = checksum ? (*checksum)["files"] : Json(nullptr);
    return json;
}

std::string doctorText(const Json& report) {
    std::string text;
    const auto words = [](const Json& list) {
        std::string all;
        for (const auto& each : list) {
            all += (all.empty() ? "" : " ") + each.get<std::string>();
        }
        return all.empty() ? std::string("none") : all;
    };
    const auto orNone = [](const Json& value) { return value.is_string() ? value.get<std::string>() : std::string("none"); };
    text += "program     prunescope " + report["program"]["version"].get<std::string>() + "\n";
    text += "torch       " + orNone(report["torch"]) + "\n";
    text += "qt          " + orNone(report["qt"]) + "\n";
    text += "cpu         " + report["cpu"]["name"].get<std::string>() + ", " + formatCount(report["cpu"]["cores"].get<std::int64_t>()) + " cores, "
            + formatCount(report["cpu"]["threads"].get<std::int64_t>()) + " threads, " + words(report["cpu"]["features"]) + "\n";
    text += "memory      " + formatBytes(static_cast<std::uint64_t>(report["memory"]["available_bytes"].get<std::int64_t>())) + " free\n";
    text += "cuda        " + (report["cuda"]["devices"].empty() ? "none: " + orNone(report["cuda"]["reason"]) : words(report["cuda"]["devices"])) + "\n";
    text += "model       " + (report["model"]["path"].is_string() ? modelLine(report["model"]) : "not found\n");
    text += "checksum    " + orNone(report["model"]["sha256"]) + "\n";
    for (const auto& folder : report["folders"]) {
        std::string role = folder["role"].get<std::string>();
        role.resize(12, ' ');
        text += role + escapeForLine(orNone(folder["path"])) + (folder["writable"].get<bool>() ? " (writable)" : " (not writable)") + "\n";
    }
    return text + (report["ok"].get<bool>() ? "ready\n" : "not ready\n");
}

}  // namespace

int modelsVerb(Session& session) {
    std::vector<fs::path> folders(session.arguments().folders.begin(), session.arguments().folders.end());
    if (folders.empty()) {
        const auto bundled = bundledModelFolder();
        if (!bundled) {
            return session.fail(bundled.error());
        }
        folders.push_back(*bundled);
    }
    Json report{{"schema", "prunescope.models/1"}, {"models", Json::array()}};
    std::string text;
    for (const fs::path& folder : folders) {
        const auto found = modelsIn(folder);
        if (!found) {
            return session.fail(found.error());
        }
        for (const fs::path& each : *found) {
            report["models"].push_back(modelJson(each));
            text += modelLine(report["models"].back());
        }
    }
    return session.print(session.json() ? dumpJson(report) + "\n" : text);
}

int doctorVerb(Session& session) {
    configureEngineThreads(session.options().load.threads);
    const EngineReport engine = engineReport();
    Error problem;
    bool modelFine = false;
    Json report;
    report["schema"] = "prunescope.doctor/1";
    report["program"] = {{"version", programVersion()}};
    report["torch"] = engine.torchVersion.empty() ? Json(nullptr) : Json(engine.torchVersion);
    report["qt"] = std::string(PRUNESCOPE_QT_VERSION).empty() ? Json(nullptr) : Json(PRUNESCOPE_QT_VERSION);
    report["cpu"] = {{"name", cpuName()},           {"cores", std::max(1U, std::thread::hardware_concurrency())}, {"threads", engine.threads},
                     {"features", cpuFeatures()},   {"capability", engine.cpuCapability},                        {"bfloat16_native", engine.bfloat16Fast}};
    report["cuda"] = {{"version", engine.cudaVersion.empty() ? Json(nullptr) : Json(engine.cudaVersion)},
                      {"devices", engine.cudaDevices},
                      {"reason", engine.cudaDevices.empty() ? Json(engine.whyNoCuda) : Json(nullptr)}};
    const auto kernels = registerCudaOps();
    report["cuda"]["kernels"] = kernels ? "registered" : kernels.error().why;
    report["ops"] = registeredOps();
    report["model"] = modelReport(session, problem, modelFine);
    const std::int64_t available = availableMemoryBytes();
    report["memory"] = {{"available_bytes", available}};
    report["folders"] = {folderJson("cache", userCacheDir()), folderJson("state", userStateDir()),
                         folderJson("temporary", Result<fs::path>(fs::path(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp")))};
    const bool memoryFine = !modelFine || available == 0 || report["model"]["memory_bytes"].get<std::int64_t>() <= available;
    const bool deviceFine = session.options().load.device != DeviceChoice::kCuda || session.options().load.cudaIndex < static_cast<int>(engine.cudaDevices.size());
    report["ok"] = modelFine && memoryFine && deviceFine;
    if (const int code = session.print(session.json() ? dumpJson(report) + "\n" : doctorText(report)); code != 0) {
        return code;
    }
    if (!modelFine) {
        return session.fail(problem);
    }
    if (!deviceFine) {
        return session.fail(makeError(ErrorCode::kDevice, "DEVICE-NONE", "no such device", session.arguments().value("device"), engine.whyNoCuda, "use --device cpu"));
    }
    if (!memoryFine) {
        return session.fail(makeError(ErrorCode::kDevice, "MEM-HOST", "not enough memory", {}, formatBytes(static_cast<std::uint64_t>(available)) + " are free",
                                      "close other programs"));
    }
    return 0;
}

}  // namespace prunescope::cli
