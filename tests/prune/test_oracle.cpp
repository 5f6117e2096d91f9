// SPDX-License-Identifier: GPL-3.0-or-later

// Kept sets against a float64 oracle: random cases over all options, and the cases recorded by tests/oracles/script_oracle.py.

#include "core/base/json_gate.h"
#include "make_input.h"
#include "oracle.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

oracle::Rows rowsOf(const HostTensor& tensor, std::int64_t first, std::int64_t count) {
    oracle::Rows rows;
    for (std::int64_t i = first; i < first + count; ++i) {
        rows.emplace_back(tensor.data() + i * tensor.size(1), tensor.data() + (i + 1) * tensor.size(1));
    }
    return rows;
}

template <typename T>
T oneOf(std::mt19937& random, std::initializer_list<T> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(random() % values.size()));
}

PruneOptions randomOptions(std::mt19937& random, std::int64_t n) {
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    PruneOptions o;
    o.method = oneOf<const char*>(random, {"script", "script", "script", "script", "gsp", "qcsp", "relevance"});
    o.keep = 1 + static_cast<std::int64_t>(uniform(random) * static_cast<double>(n) * 0.7);
    o.tau.value = oneOf(random, {0.5, 0.25, 0.8, uniform(random), uniform(random) - 0.3});
    if (random() % 5 == 0) {
        o.tau = {100.0 * uniform(random), true};
    }
    o.gamma = oneOf(random, {0.0, 1.0, 1.0, 4.0 * uniform(random), 50.0});
    o.gspRatio = oneOf(random, {0.5, 0.5, 0.25, 0.75, uniform(random)});
    o.fusion = oneOf(random, {Fusion::kWalk, Fusion::kWalk, Fusion::kRestrict, Fusion::kAppend, Fusion::kNone});
    o.partition = oneOf(random, {Partition::kParity, Partition::kCheckerboard});
    o.qcsp = random() % 8 == 0 ? QcspRule::kTopK : QcspRule::kDpp;
    o.relevanceSign = oneOf(random, {RelevanceSign::kAuto, RelevanceSign::kPlus, RelevanceSign::kMinus});
    o.relevancePower = oneOf(random, {1.0, 1.0, 0.5, 2.0});
    if (random() % 6 == 0) {
        o.relevanceTheta = 0.1 + 0.7 * uniform(random);
    }
    return o;
}

std::string describe(const PruneOptions& o, unsigned seed) {
    return o.method + " seed " + std::to_string(seed) + " keep " + std::to_string(*o.keep) + " tau " + (o.tau.isQuantile ? "q" : "") +
           std::to_string(o.tau.value) + " gamma " + std::to_string(o.gamma) + " p " + std::to_string(o.gspRatio) + " fusion " +
           std::to_string(static_cast<int>(o.fusion)) + " qcsp " + std::to_string(static_cast<int>(o.qcsp)) + " power " + std::to_string(o.relevancePower);
}

TEST(Oracle, KeptSetsAreEqualOnRandomCases) {
    int checked = 0;
    int close = 0;
    for (unsigned seed = 0; seed < 900; ++seed) {
        std::mt19937 random(1000 + seed);
        FieldSpec spec;
        spec.rows = 3 + static_cast<int>(random() % 5);
        spec.cols = 3 + static_cast<int>(random() % 6);
        spec.tiles = random() % 6 == 0 ? 2 : 1;
        spec.d = oneOf<std::int64_t>(random, {6, 16, 24, 48, 96});
        spec.noise = oneOf(random, {0.1F, 0.35F, 0.8F});
        spec.ownRelevanceSpace = random() % 3 == 0;
        spec.withQuestion = random() % 10 != 0;
        PruneInput input = makeInput(seed, spec);
        input.autoSign = random() % 2 == 0 ? 1 : -1;
        const std::int64_t n = input.tokens.size(0);
        if (random() % 12 == 0) {   // a token without length
            std::fill_n(input.tokens.mutableData() + static_cast<std::int64_t>(random() % static_cast<unsigned>(n)) * spec.d, spec.d, 0.0F);
        }
        const PruneOptions options = randomOptions(random, n);
        const HostTensor& relevance = input.relevanceTokens.empty() ? input.tokens : input.relevanceTokens;

        std::vector<std::int64_t> expected;
        double margin = std::numeric_limits<double>::infinity();
        for (std::int64_t t = 0; t < spec.tiles; ++t) {
            const std::int64_t size = n / spec.tiles;
            oracle::Input in{rowsOf(input.tokens, t * size, size), rowsOf(relevance, t * size, size), {}, spec.cols};
            if (spec.withQuestion) {
                in.queries.emplace_back(input.query.values().begin(), input.query.values().end());
            }
            const std::int64_t share = *options.keep / spec.tiles + (t < *options.keep % spec.tiles ? 1 : 0);
            if (share == 0) {
                continue;
            }
            const oracle::Outcome outcome = oracle::decide(in, options, static_cast<std::size_t>(share), input.autoSign);
            margin = std::min(margin, outcome.margin);
            for (const std::int64_t i : outcome.kept) {
                expected.push_back(t * size + i);
            }
        }
        if (!(margin > 1e-5)) {
            ++close;
            continue;
        }
        ++checked;
        for (const auto& ops : {workingOps(), referenceOps()}) {
            const PruneDecision decision = decideFresh(input, options, ops);
            ASSERT_EQ(decision.kept, expected) << describe(options, seed) << " with " << ops->name() << ", margin " << margin;
        }
    }
    RecordProperty("checked", checked);
    RecordProperty("below_margin", close);
    EXPECT_GE(checked, 500) << close << " cases were too close to call";
}

HostTensor tensorOf(const nlohmann::json& rows) {
    std::vector<float> values;
    for (const auto& row : rows) {
        for (const auto& value : row) {
            values.push_back(value.get<float>());
        }
    }
    const auto n = static_cast<std::int64_t>(rows.size());
    return HostTensor({n, static_cast<std::int64_t>(values.size()) / n}, values);
}

PruneOptions optionsOf(const nlohmann::json& json) {
    PruneOptions o;
    o.method = json["method"];
    o.keep = json["keep"].get<std::int64_t>();
    if (json["tau"].is_string()) {
        o.tau = {std::stod(json["tau"].get<std::string>().substr(1)), true};
    } else {
        o.tau.value = json["tau"];
    }
    o.gamma = json["gamma"];
    o.gspRatio = json["gsp_ratio"];
    const std::string fusion = json["fusion"];
    o.fusion = fusion == "walk" ? Fusion::kWalk : fusion == "restrict" ? Fusion::kRestrict : fusion == "append" ? Fusion::kAppend : Fusion::kNone;
    o.partition = json["partition"] == "checkerboard" ? Partition::kCheckerboard : Partition::kParity;
    o.qcsp = json["qcsp"] == "topk" ? QcspRule::kTopK : QcspRule::kDpp;
    o.relevanceSign = json["relevance_sign"] == "-" ? RelevanceSign::kMinus : RelevanceSign::kPlus;
    o.relevancePower = json["relevance_power"];
    if (!json["relevance_theta"].is_null()) {
        o.relevanceTheta = json["relevance_theta"].get<double>();
    }
    o.queryPooling = json["query_pooling"] == "eot" ? QueryPooling::kEot : QueryPooling::kMean;
    return o;
}

TEST(Oracle, RecordedCases) {
    const auto file = readJsonFile(std::string(PRUNESCOPE_TEST_DATA) + "/prune/golden.json", ErrorCode::kBadInput);
    ASSERT_TRUE(file.ok()) << file.error().why;
    ASSERT_GE((*file)["cases"].size(), 25U);
    for (const auto& item : (*file)["cases"]) {
        const std::string name = item["name"].get<std::string>() + " " + item["options"].dump();
        PruneInput input;
        input.tokens = tensorOf(item["tokens"]);
        input.query = tensorOf(item["query"]);
        if (item.contains("relevance_tokens")) {
            input.relevanceTokens = tensorOf(item["relevance_tokens"]);
        }
        input.gridRows = item["grid"][0];
        input.gridCols = item["grid"][1];
        const PruneOptions options = optionsOf(item["options"]);
        const auto& expected = item["expected"];
        for (const auto& ops : {workingOps(), referenceOps()}) {
            const PruneDecision decision = decideFresh(input, options, ops);
            EXPECT_EQ(decision.kept, expected["kept"].get<std::vector<std::int64_t>>()) << name;
            EXPECT_EQ(decision.order, expected["order"].get<std::vector<std::int64_t>>()) << name;
            ASSERT_EQ(decision.gain.size(), expected["gain"].size());
            for (std::size_t t = 0; t < decision.gain.size(); ++t) {
                EXPECT_NEAR(decision.gain[t], expected["gain"][t].get<double>(), 5e-6) << name;
            }
            for (const TokenTrace& token : decision.tokens) {
                const auto i = static_cast<std::size_t>(token.index);
                if (expected["needs_gsp"]) {
                    EXPECT_EQ(token.degree, expected["degree"][i].get<int>()) << name << " token " << i;
                    EXPECT_NEAR(token.meanSimilarity, expected["mean_similarity"][i].get<double>(), 1e-5) << name;
                    EXPECT_NEAR(token.gspScore / expected["gsp_score"][i].get<double>(), 1.0, 1e-4) << name;
                }
                if (options.method != "gsp") {
                    EXPECT_NEAR(token.relevanceRaw, expected["relevance_raw"][i].get<double>(), 1e-6) << name;
                    EXPECT_NEAR(token.relevance, expected["relevance"][i].get<double>(), 2e-5) << name;
                }
            }
        }
    }
}

}  // namespace
}  // namespace prunescope
