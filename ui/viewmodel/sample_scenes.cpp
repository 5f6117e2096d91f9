// SPDX-License-Identifier: GPL-3.0-or-later

// Reading of scenes.json through the JSON gate.

#include "ui/viewmodel/sample_scenes.h"

#include "core/base/json_gate.h"

namespace prunescope {

namespace {

QString textOf(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? QString::fromStdString(found->get<std::string>()) : QString();
}

void readQuestions(const nlohmann::json& entry, SampleScene& scene) {
    const auto questions = entry.find("questions");
    if (questions == entry.end() || !questions->is_array()) {
        return;
    }
    for (const nlohmann::json& question : *questions) {
        if (question.is_string()) {
            scene.questions << QString::fromStdString(question.get<std::string>());
            scene.answers << QString();
        } else if (question.is_object()) {
            scene.questions << textOf(question, "question");
            scene.answers << textOf(question, "answer");
        }
    }
}

}  // namespace

Result<std::vector<SampleScene>> readSampleScenes(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "scenes.json";
    Result<nlohmann::json> json = readJsonFile(file, ErrorCode::kBadInput);
    if (!json) {
        return json.error();
    }
    const nlohmann::json& root = *json;
    const nlohmann::json* list = root.is_object() && root.contains("scenes") ? &root["scenes"] : &root;
    if (!list->is_array()) {
        return Error{ErrorCode::kBadInput, "SCENES-SHAPE", "cannot read sample scenes", file.string(), "no list of scenes in it", "", nullptr};
    }
    std::vector<SampleScene> scenes;
    for (const nlohmann::json& entry : *list) {
        if (!entry.is_object()) {
            continue;
        }
        SampleScene scene;
        scene.title = textOf(entry, "title");
        scene.licence = textOf(entry, "licence");
        const std::filesystem::path image = folder / textOf(entry, "image").toStdString();
        scene.imagePath = QString::fromStdString(image.string());
        readQuestions(entry, scene);
        std::error_code ignored;
        if (std::filesystem::is_regular_file(image, ignored)) {
            scenes.push_back(std::move(scene));
        }
    }
    return scenes;
}

}  // namespace prunescope
