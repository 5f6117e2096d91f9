// SPDX-License-Identifier: GPL-3.0-or-later
// The engine against transformers on thirteen tiny checkpoints: tower, projector, logits at every position, 64 greedy tokens, probes of each
// norm and activation, pruned prompts at original positions, bfloat16. Both paths: the engine's CPU loops, and LibTorch operators only (the
// path that CUDA takes). Tolerances: reference section 13.2.

#include "tests/engine/engine_fixture.h"

#include <algorithm>
#include <set>

namespace prunescope::test {
namespace {

constexpr double kLogitsAbsolute = 2e-5, kLogitsRelative = 1e-5, kProbe = 1e-6;

/// One test a fixture: starting a program that links LibTorch costs more than the checks.
class Parity : public testing::TestWithParam<std::string> {
protected:
    void open(bool libraryOnly) {
        m_expected = std::make_unique<Expected>(GetParam());
        m_checkpoint = openFixture(GetParam());
        m_model = load(m_checkpoint, DtypeChoice::kFloat32, libraryOnly);
    }
    void towerAndProjector();
    void logitsAtEveryPosition();
    void greedyTokens();
    void keptSubsetAtOriginalPositions();
    void normsAndActivations();
    [[nodiscard]] const Expected& expected() const { return *m_expected; }
    [[nodiscard]] HostTensor projected() { return m_model->encodeImage(expected().tensor("pixel_values"), {}).value().projected; }

    std::unique_ptr<Expected> m_expected;
    Checkpoint m_checkpoint;
    std::unique_ptr<LanguageModel> m_model;
};

void Parity::towerAndProjector() {
    const auto vision = m_model->encodeImage(expected().tensor("pixel_values"), {});
    ASSERT_TRUE(vision.ok()) << vision.error().why;
    EXPECT_LE(excess(vision->features, expected().tensor("vision_features"), kLogitsAbsolute, kLogitsRelative), 0.0);
    EXPECT_LE(excess(vision->projected, expected().tensor("projected"), kLogitsAbsolute, kLogitsRelative), 0.0);
    EXPECT_EQ(m_model->facts().visualTokens, vision->projected.size(0));
}

void Parity::logitsAtEveryPosition() {
    const auto logits = m_model->logits(promptOf(expected(), projected()), {});
    ASSERT_TRUE(logits.ok()) << logits.error().why;
    EXPECT_LE(excess(*logits, expected().tensor("logits"), kLogitsAbsolute, kLogitsRelative), 0.0)
        << "largest difference " << largestDifference(*logits, expected().tensor("logits"));
}

void Parity::greedyTokens() {
    GenerateOptions options;
    options.maxNewTokens = 64;
    std::vector<std::int64_t> streamed;
    const auto generated = m_model->generate(promptOf(expected(), projected()), options, [&](std::int64_t id) { streamed.push_back(id); }, {});
    ASSERT_TRUE(generated.ok()) << generated.error().why;
    EXPECT_EQ(generated->ids.size(), 64U);
    EXPECT_EQ(generated->ids, expected().ids("greedy"));
    EXPECT_EQ(streamed, generated->ids);
    EXPECT_EQ(generated->finish, FinishReason::kLength);
    const HostTensor logProbabilities({64}, generated->logProbabilities);
    EXPECT_LE(excess(logProbabilities, expected().tensor("greedy_logprob"), 5e-5, kLogitsRelative), 0.0);
    const TextConfig& text = m_checkpoint.config.text;
    const auto held = static_cast<std::int64_t>(expected().ids("input_ids").size()) + 63;   // the last token is never read
    EXPECT_EQ(generated->kvBytes, held * text.layers * text.kvHeads * text.headDim * 2 * 4);
    EXPECT_GE(generated->firstTokenMs, generated->prefillMs);
}

void Parity::keptSubsetAtOriginalPositions() {
    const HostTensor all = projected();
    const std::vector<std::int64_t> kept = expected().ids("kept_index"), positions = expected().ids("kept_positions"), whole = expected().ids("input_ids");
    PrefillInput input;
    input.positions = positions;
    for (const std::int64_t position : positions) {
        input.ids.push_back(whole.at(static_cast<std::size_t>(position)));
    }
    const std::int64_t width = all.size(1);
    input.visual = HostTensor({static_cast<std::int64_t>(kept.size()), width});
    for (std::size_t i = 0; i < kept.size(); ++i) {
        std::copy_n(all.data() + kept[i] * width, width, input.visual.mutableData() + static_cast<std::int64_t>(i) * width);
    }
    input.nextPosition = static_cast<std::int64_t>(whole.size());
    const auto logits = m_model->logits(input, {});
    ASSERT_TRUE(logits.ok()) << logits.error().why;
    EXPECT_LE(excess(*logits, expected().tensor("kept_logits"), kLogitsAbsolute, kLogitsRelative), 0.0);
    GenerateOptions options;
    options.maxNewTokens = 16;
    EXPECT_EQ(m_model->generate(input, options, {}, {}).value().ids, expected().ids("kept_greedy"));

    // The same rows renumbered are another model, and a next position taken from the cache length is too.
    PrefillInput compact = input;
    std::iota(compact.positions.begin(), compact.positions.end(), 0);
    EXPECT_GT(largestDifference(m_model->logits(compact, {}).value(), *logits), 1e-2);
    PrefillInput fromLength = input;
    fromLength.nextPosition = static_cast<std::int64_t>(input.ids.size());
    options.maxNewTokens = 8;
    const auto right = m_model->generate(input, options, {}, {}).value(), wrong = m_model->generate(fromLength, options, {}, {}).value();
    EXPECT_EQ(right.logProbabilities[0], wrong.logProbabilities[0]);
    EXPECT_GT(std::fabs(right.logProbabilities[1] - wrong.logProbabilities[1]), 1e-4F);
}

void Parity::normsAndActivations() {
    std::set<std::string> seen;
    for (const std::string& key : expected().keysFrom("probe.norm.")) {
        const std::string norm = key.substr(std::string("probe.norm.").size());
        const bool text = norm.starts_with("lm.");
        const auto probe = probeNorm(*m_model, norm, expected().tensor(text ? "probe.input.text" : "probe.input.vision"));
        if (!probe.ok()) {
            // Norms that the engine does not run: the last vision block's when the features leave before it, and post_layernorm.
            EXPECT_TRUE(norm.starts_with("vision_tower.encoder.layers.3.") || norm == "vision_tower.post_layernorm") << norm << ": " << probe.error().why;
            continue;
        }
        EXPECT_LE(excess(*probe, expected().tensor(key), kProbe, 0.0), 0.0) << norm << ": " << largestDifference(*probe, expected().tensor(key));
        seen.insert(norm);
    }
    EXPECT_GE(seen.size(), 7U + 7U);   // 2 x 3 + 1 in the decoder, 1 + 2 x 3 in the tower
    for (const std::string part : {"vision", "projector", "text"}) {
        const auto probe = probeActivation(*m_model, part, expected().tensor("probe.input.ramp"));
        ASSERT_TRUE(probe.ok());
        EXPECT_LE(excess(*probe, expected().tensor("probe.act." + part), kProbe, 0.0), 0.0) << part;
    }
}

TEST_P(Parity, MatchesTransformers) {
    for (const bool libraryOnly : {false, true}) {
        SCOPED_TRACE(libraryOnly ? "LibTorch operators only" : "the engine's CPU loops");
        open(libraryOnly);
        towerAndProjector();
        logitsAtEveryPosition();
        greedyTokens();
        keptSubsetAtOriginalPositions();
        normsAndActivations();
    }
}

INSTANTIATE_TEST_SUITE_P(Engine, Parity, testing::ValuesIn(fixtureNames()), [](const testing::TestParamInfo<std::string>& fixture) { return fixture.param; });

TEST(EngineParity, ClipSpace) {
    const Expected expected("l0_llama");
    const Checkpoint checkpoint = openFixture("l0_llama");
    ASSERT_TRUE(checkpoint.clipTextFolder.has_value());
    for (const bool libraryOnly : {false, true}) {
        const auto model = load(checkpoint, DtypeChoice::kFloat32, libraryOnly);
        ASSERT_TRUE(model->facts().hasClipTextTower);
        const auto vision = model->encodeImage(expected.tensor("pixel_values"), {}).value();
        EXPECT_LE(excess(vision.clipTokens, expected.tensor("clip_tokens"), kLogitsAbsolute, kLogitsRelative), 0.0);
        for (const std::string which : {"clip", "clip_long"}) {
            const HostTensor text = model->clipTextFeatures(expected.ids(which + "_ids")).value();
            ASSERT_EQ(text.size(0), 1);
            const HostTensor wanted = expected.tensor(which + "_text");
            EXPECT_LE(excess(HostTensor({text.size(1)}, {text.values().begin(), text.values().end()}), wanted, kLogitsAbsolute, kLogitsRelative), 0.0) << which;
        }
        // Longer than one window: segments with their own start and end; the first holds what fits.
        std::vector<std::int64_t> longer = expected.ids("clip_long_ids");
        longer.insert(longer.end() - 1, {3, 4, 5});
        const HostTensor segments = model->clipTextFeatures(longer).value();
        ASSERT_EQ(segments.size(0), 2);
        const HostTensor first({segments.size(1)}, {segments.values().begin(), segments.values().begin() + segments.size(1)});
        EXPECT_LE(excess(first, expected.tensor("clip_long_text"), kLogitsAbsolute, kLogitsRelative), 0.0);
    }
    const auto without = load(openFixture("qwen2"));
    EXPECT_FALSE(without->facts().hasClipTextTower);
    EXPECT_EQ(without->clipTextFeatures({1, 2}).error().code, ErrorCode::kBadModel);
    EXPECT_TRUE(without->encodeImage(Expected("qwen2").tensor("pixel_values"), {}).value().clipTokens.empty());
}

// Bfloat16 is judged by its distance from float32, ours beside transformers' own.
TEST(EngineParity, BFloat16NoFurtherFromFloat32ThanTransformers) {
    for (const bool libraryOnly : {false, true}) {
        double ours = 0.0, theirs = 0.0;
        for (const std::string& name : fixtureNames()) {
            const Expected expected(name);
            const auto model = load(openFixture(name), DtypeChoice::kBFloat16, libraryOnly);
            EXPECT_EQ(model->facts().dtype, "bfloat16");
            const HostTensor projected = model->encodeImage(expected.tensor("pixel_values"), {}).value().projected;
            const HostTensor logits = model->logits(promptOf(expected, projected), {}).value();
            const double distance = relativeL2(logits, expected.tensor("logits"));
            EXPECT_LE(distance, 5e-2) << name;
            ours += distance;
            theirs += relativeL2(expected.tensor("logits_bfloat16"), expected.tensor("logits"));
        }
        RecordProperty(libraryOnly ? "library_over_transformers" : "own_over_transformers", std::to_string(ours / theirs));
        EXPECT_LE(ours, theirs * (libraryOnly ? 1.1 : 1.0)) << "mean relative L2: ours " << ours / 13 << ", transformers' " << theirs / 13;
    }
}

}  // namespace
}  // namespace prunescope::test
