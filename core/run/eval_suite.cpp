// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a suite.
#include "core/base/files.h"
#include "core/base/json_gate.h"
#include "core/base/numbers.h"
#include "core/run/errors.h"
#include "core/run/eval.h"

#include <set>
#include <string_view>
#include <utility>

namespace prunescope {
namespace {

constexpr std::int64_t kSuiteBytes = 1LL << 30;
constexpr int kMaskSide = 65'535;

Error badLine(const std::string& id, const std::string& where, const std::string& why) {
    return makeError(ErrorCode::kBadInput, id, "cannot use the suite", where, why);
}

Result<std::string> stringOf(const nlohmann::json& object, const char* key, const std::string& where, bool required) {
    const auto it = object.find(key);
    if (it == object.end() || it->is_null()) {
        return required ? Result<std::string>(badLine("SUITE-KEY", where, std::string("key '") + key + "' is missing")) : Result<std::string>(std::string());
    }
    if (!it->is_string()) {
        return badLine("SUITE-KEY", where, std::string("key '") + key + "' is not text");
    }
    return it->get<std::string>();
}

Result<RleMask> maskOf(const nlohmann::json& json, const std::string& where) {
    const auto size = json.find("size");
    const auto counts = json.find("counts");
    if (!json.is_object() || size == json.end() || counts == json.end() || !size->is_array() || size->size() != 2 || !counts->is_array()) {
        return badLine("SUITE-RLE", where, "a mask is not {\"size\":[rows,columns],\"counts\":[...]}");
    }
    const auto rows = wholeNumber((*size)[0], 1, kMaskSide);
    const auto cols = wholeNumber((*size)[1], 1, kMaskSide);
    if (!rows || !cols) {
        return badLine("SUITE-RLE", where, "a mask's size is not two whole numbers from 1 up");
    }
    RleMask mask;
    mask.rows = static_cast<int>(*rows);
    mask.cols = static_cast<int>(*cols);
    std::int64_t sum = 0;
    for (const auto& count : *counts) {
        const auto run = wholeNumber(count, 0, *rows * *cols);
        if (!run) {
            return badLine("SUITE-RLE", where, "a run length is not a whole number that fits the mask");
        }
        sum += *run;
        mask.counts.push_back(*run);
        if (sum > *rows * *cols) {
            break;
        }
    }
    if (sum != *rows * *cols) {
        return badLine("SUITE-RLE", where, "run lengths do not sum to the mask's " + formatCount(*rows * *cols) + " pixels");
    }
    return mask;
}

Result<EvalRef> refOf(const nlohmann::json& json, const std::string& where) {
    if (!json.is_object()) {
        return badLine("SUITE-KEY", where, "an entry of 'refs' is not an object");
    }
    EvalRef ref;
    auto name = stringOf(json, "name", where, false);
    if (!name) {
        return name.error();
    }
    ref.name = std::move(*name);
    const auto box = json.find("box");
    const auto rle = json.find("rle");
    const bool hasRle = rle != json.end() && !rle->is_null();
    if (box == json.end() || !box->is_array() || box->size() != 4) {
        if (!hasRle) {
            return badLine("SUITE-KEY", where, "a referred object has neither 'box' [x0,y0,x1,y1] nor 'rle'");
        }
    } else {
        for (std::size_t i = 0; i < 4; ++i) {
            const auto value = finiteNumber((*box)[i]);
            if (!value) {
                return badLine("SUITE-KEY", where, "a box holds something else than numbers");
            }
            ref.box[i] = *value;
        }
    }
    if (hasRle) {
        auto mask = maskOf(*rle, where);
        if (!mask) {
            return mask.error();
        }
        ref.rle = std::move(*mask);
    }
    return ref;
}

Result<std::vector<std::string>> answersOf(const nlohmann::json& object, const std::string& where) {
    const auto several = object.find("answers");
    if (several == object.end() || several->is_null()) {
        auto one = stringOf(object, "answer", where, true);
        return one ? Result<std::vector<std::string>>(std::vector<std::string>{std::move(*one)}) : Result<std::vector<std::string>>(one.error());
    }
    std::vector<std::string> answers;
    if (several->is_array()) {
        for (const auto& each : *several) {
            if (each.is_string()) {
                answers.push_back(each.get<std::string>());
            }
        }
    }
    if (answers.empty() || answers.size() != several->size()) {
        return badLine("SUITE-KEY", where, "'answers' is not a list of texts");
    }
    return answers;
}

Result<EvalItem> itemOf(std::string_view line, const std::string& where, const std::filesystem::path& folder) {
    const auto parsed = parseJson(line, where);
    if (!parsed) {
        Error error = parsed.error();
        error.code = error.code == ErrorCode::kLimit ? ErrorCode::kLimit : ErrorCode::kBadInput;
        return error;
    }
    if (!parsed->is_object()) {
        return badLine("SUITE-JSON", where, "the line is not an object");
    }
    EvalItem item;
    const std::pair<const char*, std::string*> texts[] = {{"id", &item.id}, {"question", &item.question}, {"family", &item.family}, {"negative", &item.negative}};
    for (const auto& [key, target] : texts) {
        auto text = stringOf(*parsed, key, where, target == &item.id || target == &item.question);
        if (!text) {
            return text.error();
        }
        *target = std::move(*text);
    }
    auto image = stringOf(*parsed, "image", where, true);
    if (!image) {
        return image.error();
    }
    item.image = folder / *image;
    if (item.family.empty()) {
        item.family = "all";
    }
    auto answers = answersOf(*parsed, where);
    if (!answers) {
        return answers.error();
    }
    item.answers = std::move(*answers);
    if (const auto refs = parsed->find("refs"); refs != parsed->end() && !refs->is_null()) {
        if (!refs->is_array()) {
            return badLine("SUITE-KEY", where, "'refs' is not a list");
        }
        for (const auto& each : *refs) {
            auto ref = refOf(each, where);
            if (!ref) {
                return ref.error();
            }
            item.refs.push_back(std::move(*ref));
        }
    }
    return item;
}

}  // namespace

Result<std::vector<EvalItem>> readSuite(const std::filesystem::path& path) {
    ReadOptions options;
    options.limit = kSuiteBytes;
    options.what = "cannot read the suite";
    const auto text = readTextFile(path, options);
    if (!text) {
        return text.error();
    }
    return guarded("cannot read the suite", [&]() -> Result<std::vector<EvalItem>> {
        std::vector<EvalItem> items;
        std::set<std::string> ids;
        std::int64_t number = 0;
        for (std::size_t begin = 0; begin < text->size();) {
            std::size_t end = text->find('\n', begin);
            end = end == std::string::npos ? text->size() : end;
            const std::string_view line = std::string_view(*text).substr(begin, end - begin);
            begin = end + 1;
            ++number;
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
                continue;
            }
            const std::string where = path.string() + ":" + std::to_string(number);
            auto item = itemOf(line, where, path.parent_path());
            if (!item) {
                return item.error();
            }
            if (!ids.insert(item->id).second) {
                return badLine("SUITE-ID", where, "id '" + item->id + "' was there before");
            }
            items.push_back(std::move(*item));
        }
        if (items.empty()) {
            return badLine("SUITE-EMPTY", path.string(), "it holds no items");
        }
        return items;
    });
}

}  // namespace prunescope
