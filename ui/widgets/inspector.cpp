// SPDX-License-Identifier: GPL-3.0-or-later

// What the inspector says, and what it asks for.

#include "ui/widgets/inspector.h"

#include "ui/viewmodel/lens_model.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/overlay_data.h"
#include "ui/viewmodel/reason_text.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/overlay_bar.h"
#include "ui/widgets/token_panel.h"

#include <QMenu>

namespace prunescope {

namespace {

constexpr std::int64_t kQuickTokens = 1024;   // up to here the survival over tau of a pinned token comes at once

bool keptThere(const RunResult& result, std::int32_t token) {
    const auto at = static_cast<std::size_t>(token);
    return result.decision && at < result.decision->tokens.size() && result.decision->tokens[at].kept;
}

}  // namespace

Inspector::Inspector(SessionModel& session, CompareModel& compare, CanvasWidget& canvas, const OverlayBar& overlay, TokenPanel& panel, QObject* parent)
    : QObject(parent), m_session(session), m_compare(compare), m_canvas(canvas), m_overlay(overlay), m_panel(panel) {
    connect(&m_session, &SessionModel::analysisChanged, this, &Inspector::refresh);
    connect(&m_canvas, &CanvasWidget::forceRequested, this, [this](const std::vector<GridMap::Cell>& cells, int mark) { forceCells(cells, static_cast<ForceMark>(mark)); });
    connect(&m_canvas, &CanvasWidget::forceHeld, this, [this](bool held) { m_session.setInteracting(held); });
    connect(&m_panel, &TokenPanel::linksToggled, this, &Inspector::setLinksShown);
    connect(&m_panel, &TokenPanel::unpinRequested, this, [this] { m_canvas.setPinned(std::nullopt); });
}

const TokenReasons* Inspector::reasonsOf(const TokenTrace& token) const {
    const auto analysis = m_session.analysis();
    return analysis && analysis->reasons && analysis->reasons->trace.index == token.index ? &*analysis->reasons : nullptr;
}

void Inspector::refresh() {
    refreshWish();
    showText();
    showLinks();
}

void Inspector::refreshWish() {
    AnalysisWish wish;
    const auto result = m_session.decision();
    const auto pinned = m_canvas.pinned();
    const TokenTrace* token = result && pinned ? traceAt(*result, pinned->row, pinned->col) : nullptr;
    wish.budgets = m_overlay.kind() == OverlayKind::kSurvival || token != nullptr;
    wish.taus = m_overlay.kind() == OverlayKind::kTauSurvival || (token != nullptr && m_session.tokenCount() <= kQuickTokens);
    if (token != nullptr) {
        wish.token = token->index;
        wish.reasons.flips = true;
    }
    wish.lens = m_lens != nullptr ? m_lens->wishFor(m_overlay.kind()) : LensWish();
    m_session.setWish(wish);
}

void Inspector::showText() {
    const auto result = m_session.decision();
    const auto cell = m_canvas.hovered() ? m_canvas.hovered() : m_canvas.pinned();
    const TokenTrace* token = result && cell ? traceAt(*result, cell->row, cell->col) : nullptr;
    if (token == nullptr) {
        m_canvas.setHoverText(QString());
        m_panel.showNothing(tr("Point at the picture, or move with the arrow keys. A click pins a token."));
        return;
    }
    const bool pinned = m_canvas.pinned() && cell->row == m_canvas.pinned()->row && cell->col == m_canvas.pinned()->col;
    TokenPanel::Content content;
    content.title = tokenTitle(*token);
    content.verdict = tokenVerdict(*result, *token);
    content.pinned = pinned;
    if (const auto a = m_compare.a()) {
        content.verdict += tr(" A: %1, B: %2.").arg(keptThere(*a->result, token->index) ? tr("kept") : tr("dropped"), token->kept ? tr("kept") : tr("dropped"));
    }
    const std::vector<TokenFact> facts = tokenFacts(*result, *token);
    const TokenReasons* reasons = pinned ? reasonsOf(*token) : nullptr;
    if (reasons != nullptr && m_session.analysisCurrent()) {
        const auto analysis = m_session.analysis();
        content.flip = flipLine(*reasons, result->decision->options, !m_session.interacting());
        content.groups.push_back({QString(), {facts.begin(), facts.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(facts.size()))}});
        for (ReasonGroup& group : reasonGroups(*reasons, analysis->budgets.get(), analysis->taus.get())) {
            content.groups.push_back(std::move(group));
        }
    } else {
        content.groups.push_back({QString(), facts});
    }
    QStringList lines{tokenTitle(*token), content.verdict};
    for (const TokenFact& fact : facts) {
        lines << QStringLiteral("%1: %2").arg(fact.name, fact.value);
    }
    m_canvas.setHoverText(lines.join(QLatin1Char('\n')));
    m_panel.show(content);
}

void Inspector::showLinks() {
    std::vector<CellLink> links;
    const auto result = m_session.decision();
    const auto pinned = m_canvas.pinned();
    const TokenTrace* token = m_links && result && pinned ? traceAt(*result, pinned->row, pinned->col) : nullptr;
    const TokenReasons* reasons = token != nullptr && m_session.analysisCurrent() ? reasonsOf(*token) : nullptr;
    if (reasons != nullptr) {
        for (const Partner& partner : reasons->hasGraph ? reasons->partners : reasons->nearest) {
            const auto cell = result->image->input.grid.cellOf(partner.token);
            if (cell) {
                links.push_back({*cell, static_cast<double>(partner.similarity), partner.edge});
            }
        }
    }
    m_canvas.setLinks(std::move(links));
}

void Inspector::setLinksShown(bool shown) {
    if (shown != m_links) {
        m_links = shown;
        m_panel.setLinksShown(shown);
        showLinks();
        Q_EMIT linksShownChanged(shown);
    }
}

void Inspector::forceCells(const std::vector<GridMap::Cell>& cells, ForceMark mark) {
    const auto result = m_session.decision();
    std::vector<std::int64_t> tokens;
    for (const GridMap::Cell& cell : cells) {
        if (const TokenTrace* token = result ? traceAt(*result, cell.row, cell.col) : nullptr) {
            tokens.push_back(token->index);
        }
    }
    if (cells.size() == 1 && tokens.size() == 1 && !m_session.interacting() && forceOf(m_session.options(), tokens[0]) == mark) {
        mark = ForceMark::kNone;   // the same click again
    }
    m_session.setOptions(withForced(m_session.options(), tokens, mark), tr("forced tokens"));
}

void Inspector::forcePinned(ForceMark mark) {
    if (const auto cell = m_canvas.pinned()) {
        forceCells({*cell}, mark);
    }
}

void Inspector::clearForced() {
    m_session.setOptions(m_session.options().withoutForced(), tr("forced tokens"));
}

void Inspector::addCommands(CommandRegistry& commands, QMenu* menu) {
    const auto pinned = [this] { return m_canvas.pinned().has_value() && m_session.decision() != nullptr; };
    const auto add = [&](const char* id, const QString& text, const QString& tip, const QKeySequence& key, std::function<void()> run, std::function<bool()> enabled) {
        Command command{QLatin1String(id), text, tip, key.isEmpty() ? QList<QKeySequence>{} : QList<QKeySequence>{key}};
        command.run = std::move(run);
        command.enabled = std::move(enabled);
        command.scope = &m_canvas;
        return command;
    };
    commands.add(menu, add("token.keep", tr("Force &keep"), tr("The pinned token stays whatever the method says (Ctrl+drag: brush)"), QKeySequence(Qt::Key_K), [this] { forcePinned(ForceMark::kKeep); }, pinned));
    commands.add(menu, add("token.drop", tr("Force d&rop"), tr("The pinned token goes whatever the method says (Shift+drag: brush)"), QKeySequence(Qt::Key_D), [this] { forcePinned(ForceMark::kDrop); }, pinned));
    commands.add(menu, add("token.free", tr("Free &token"), tr("The method decides about the pinned token again"), QKeySequence(Qt::Key_C), [this] { forcePinned(ForceMark::kNone); }, pinned));
    commands.add(menu, add("token.freeAll", tr("Free &all tokens"), tr("The method decides about every token again"), {}, [this] { clearForced(); },
                           [this] { return m_session.options().anyForced(); }));
    Command links = add("token.links", tr("&Lines to partners"), tr("From the pinned token to its nearest partners"), QKeySequence(Qt::Key_E), [this] { setLinksShown(!m_links); }, {});
    links.checked = [this] { return m_links; };
    commands.add(menu, std::move(links));
    connect(&m_canvas, &CanvasWidget::cellChanged, &commands, &CommandRegistry::refresh);
}

}  // namespace prunescope
