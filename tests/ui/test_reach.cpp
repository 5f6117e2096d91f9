// SPDX-License-Identifier: GPL-3.0-or-later

// The window for everybody: names for assistive technology, contrast in both schemes, Chinese, both sizes and scales; and a monkey that does
// not care for any of it: 2,000 events here, 100,000 in ui.monkey_100000 (minutes of a core).

#include "tests/ui/manual_window.h"
#include "ui/dialogs/cheat_sheet.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/key_dialog.h"
#include "ui/viewmodel/option_text.h"
#include "ui/viewmodel/time_left.h"
#include "ui/viewmodel/token_text.h"
#include "ui/viewmodel/translation.h"
#include "ui/widgets/canvas_widget.h"
#include "ui/widgets/command_registry.h"
#include "ui/widgets/main_window.h"
#include "ui/widgets/parameter_panel.h"

#include <QAbstractButton>
#include <QAbstractSlider>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

using namespace prunescope;
using testing::FakeService;
using testing::ManualWindow;

namespace {

double luminance(const QColor& colour) {
    const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

/// WCAG 2.2 contrast ratio.
double contrast(const QColor& a, const QColor& b) {
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

class TestReach : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_image;

    struct Shown : ManualWindow {
        explicit Shown(const QString& image, const QSize& size = QSize(1024, 700)) : ManualWindow({}, size) {
            ask(image);
            runAll();
            window.session().undoStack().clear();
        }
    };

    static bool isControl(const QWidget* widget) {
        return qobject_cast<const QAbstractSlider*>(widget) != nullptr || qobject_cast<const QComboBox*>(widget) != nullptr || qobject_cast<const QAbstractSpinBox*>(widget) != nullptr ||
               qobject_cast<const QAbstractButton*>(widget) != nullptr || qobject_cast<const QLineEdit*>(widget) != nullptr;
    }

    static void everyControlHasAName(const QWidget& root) {
        int controls = 0;
        for (const QWidget* widget : root.findChildren<QWidget*>()) {
            const QWidget* parent = widget->parentWidget();
            const bool part = parent != nullptr && (isControl(parent) || parent->objectName().startsWith(QLatin1String("qt_"))) && parent != &root;   // a spin box's own line edit
            if (!isControl(widget) || part || widget->objectName().startsWith(QLatin1String("qt_"))) {
                continue;
            }
            if (widget->inherits("QScrollBar") || widget->inherits("QMenuBarExtension") || widget->inherits("QDockWidgetTitleButton")) {
                continue;
            }
            ++controls;
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            QVERIFY2(!widget->accessibleName().isEmpty() || (button != nullptr && button->text().size() > 1), qPrintable(QString::fromLatin1(widget->metaObject()->className()) + widget->toolTip()));
        }
        QVERIFY(controls >= 1);
    }

private Q_SLOTS:
    void initTestCase() {
        m_image = m_folder.filePath(QStringLiteral("scene.png"));
        QVERIFY(testing::paintedScene(448, 336).save(m_image));
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight);
    }

    void cleanup() { installLanguage(QStringLiteral("en")); }

    void everyControlOfWindowAndDialogsHasAName() {
        Shown shown(m_image);
        everyControlHasAName(shown.window);
        everyControlHasAName(CommandPalette(shown.window.commands()));
        everyControlHasAName(CheatSheet(shown.window.commands()));
        everyControlHasAName(KeyDialog(shown.window.commands()));
    }

    void everyParameterHasAResetAndATooltipWithUnitRangePaperAndEquation() {
        Shown shown(m_image);
        for (const ParameterInfo& info : parameterInfos()) {
            const QToolButton* reset = shown.window.parameters()->resetButton(info.option);
            QVERIFY2(reset != nullptr && !reset->accessibleName().isEmpty(), qPrintable(info.option));
            const QWidget* control = shown.window.parameters()->spin(info.option);
            control = control != nullptr ? control : shown.window.parameters()->choice(info.option);
            QVERIFY2(control != nullptr, qPrintable(info.option));
            for (const char* part : {"Range:", "Paper:", "Equation:"}) {
                QVERIFY2(control->toolTip().contains(QLatin1String(part)), qPrintable(info.option + QLatin1String(part)));
            }
        }
    }

    void tokenGridIsATableForAssistiveTechnology() {
        Shown shown(m_image);
        CanvasWidget* canvas = shown.window.canvas();
        QAccessibleInterface* grid = QAccessible::queryAccessibleInterface(canvas);
        QVERIFY(grid != nullptr && grid->role() == QAccessible::Table);
        QAccessibleTableInterface* table = grid->tableInterface();
        QVERIFY(table != nullptr);
        QCOMPARE(table->rowCount(), 24);
        QCOMPARE(table->columnCount(), 24);
        const RunResult& result = *shown.window.session().decision();
        int kept = 0;
        for (int row = 0; row < 24; ++row) {
            for (int col = 0; col < 24; ++col) {
                QAccessibleInterface* cell = table->cellAt(row, col);
                QVERIFY(cell != nullptr && cell->tableCellInterface() != nullptr);
                QCOMPARE(cell->tableCellInterface()->rowIndex(), row);
                QCOMPARE(cell->tableCellInterface()->columnIndex(), col);
                QCOMPARE(grid->indexOfChild(cell), row * 24 + col);
                const TokenTrace& token = *traceAt(result, row, col);
                QVERIFY(cell->text(QAccessible::Name).contains(tokenVerdictShort(token)));
                QVERIFY(cell->text(QAccessible::Description).startsWith(tokenVerdict(result, token)));
                kept += cell->text(QAccessible::Name).contains(QStringLiteral("kept")) ? 1 : 0;
            }
        }
        QCOMPARE(static_cast<std::size_t>(kept), result.decision->kept.size());
        QVERIFY(table->cellAt(24, 0) == nullptr && table->cellAt(0, -1) == nullptr);
        QCOMPARE(table->selectedCellCount(), 0);
        canvas->setPinned(GridMap::Cell{7, 9});
        QCOMPARE(table->selectedCells().front(), table->cellAt(7, 9));
        QVERIFY(table->cellAt(7, 9)->state().selected && grid->focusChild() == table->cellAt(7, 9));
        const QPoint centre = canvas->mapToGlobal(canvas->sceneToWidget().map(canvas->scene().cellRect(3, 5).center()).toPoint());
        QCOMPARE(grid->childAt(centre.x(), centre.y()), table->cellAt(3, 5));
        QVERIFY(table->cellAt(3, 5)->rect().contains(centre));
    }

    void contrastIsEnoughInBothSchemes() {
        for (const Theme theme : {Theme::kLight, Theme::kDark}) {
            applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), theme);
            const QPalette palette = QApplication::palette();
            const std::array<std::pair<QPalette::ColorRole, QPalette::ColorRole>, 7> texts{{{QPalette::WindowText, QPalette::Window}, {QPalette::Text, QPalette::Base}, {QPalette::ButtonText, QPalette::Button},
                                                                                          {QPalette::HighlightedText, QPalette::Highlight}, {QPalette::ToolTipText, QPalette::ToolTipBase},
                                                                                          {QPalette::PlaceholderText, QPalette::Base}, {QPalette::Link, QPalette::Window}}};
            for (const auto& [text, ground] : texts) {
                QVERIFY2(contrast(palette.color(text), palette.color(ground)) >= 4.5, qPrintable(QStringLiteral("%1 on %2, %3").arg(text).arg(ground).arg(wordOf(theme))));
            }
            QVERIFY(contrast(mutedText(), palette.color(QPalette::Window)) >= 4.5);
            QVERIFY(contrast(mutedText(), palette.color(QPalette::Base)) >= 4.5);
            QVERIFY(contrast(palette.color(QPalette::BrightText), palette.color(QPalette::Window)) >= 4.5);
            QVERIFY(contrast(palette.color(QPalette::Highlight), palette.color(QPalette::Window)) >= 3.0);   // focus and sliders: graphics
            QVERIFY(contrast(prunedColour(), palette.color(QPalette::Window)) >= 3.0);
        }
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), Theme::kLight);
    }

    void chineseIsSpokenAndNothingIsCutOff() {
        QCOMPARE(installLanguage(QStringLiteral("zh_CN")), QStringLiteral("zh_CN"));
        for (const QSize& size : {QSize(1024, 700), QSize(1400, 900)}) {
            Shown shown(m_image, size);
            QCOMPARE(shown.window.size(), size);
            QCOMPARE(plainText(shown.window.menuBar()->actions().front()->text()), QStringLiteral("文件"));
            QCOMPARE(shown.window.commands().action(QStringLiteral("edit.copyCanvas"))->text(), QStringLiteral("复制画布(&C)"));
            for (const QAbstractButton* button : shown.window.findChildren<QAbstractButton*>()) {
                if (button->isVisible() && !button->text().isEmpty() && !button->objectName().startsWith(QLatin1String("qt_"))) {
                    QVERIFY2(button->width() >= button->fontMetrics().horizontalAdvance(plainText(button->text())), qPrintable(button->text()));
                }
            }
            for (const QLabel* label : shown.window.findChildren<QLabel*>()) {
                const bool mayShrink = label->wordWrap() || label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored;
                if (label->isVisible() && !mayShrink && !label->text().isEmpty()) {
                    QVERIFY2(label->width() + 1 >= label->sizeHint().width(), qPrintable(label->text()));
                }
            }
        }
        QCOMPARE(installLanguage(QStringLiteral("en")), QStringLiteral("en"));
        Shown english(m_image);
        QCOMPARE(plainText(english.window.menuBar()->actions().front()->text()), QStringLiteral("File"));
    }

    void timeLeftIsSaidWhenItIsKnown() {
        QVERIFY(timeLeftText(900, 0.5).isEmpty());    // the first second says nothing
        QVERIFY(timeLeftText(5000, 0.01).isEmpty());  // too early to tell
        QVERIFY(timeLeftText(5000, 1).isEmpty());
        QVERIFY(timeLeftText(5000, std::nan("")).isEmpty());
        QCOMPARE(timeLeftText(2000, 0.5), QStringLiteral("about 2 s left"));
        QCOMPARE(timeLeftText(60000, 0.25), QStringLiteral("about 3 min left"));
    }

    void languageIsChosenInView() {
        Shown shown(m_image);
        QVERIFY(shown.window.commands().action(QStringLiteral("view.language.system"))->isChecked());
        shown.window.commands().action(QStringLiteral("view.language.zh_CN"))->trigger();
        QVERIFY(shown.window.commands().action(QStringLiteral("view.language.zh_CN"))->isChecked());
        QVERIFY(!shown.window.commands().action(QStringLiteral("view.language.system"))->isChecked());
    }

    void monkeyFindsNoFault();
};

/// Seeded events on every widget of the window. Actions that open a dialog or end the program are left out: they block until answered.
class Monkey {
public:
    Monkey(MainWindow& window, FakeService& service, std::uint32_t seed) : m_window(window), m_service(service), m_random(seed) {
        for (const CommandRegistry::Entry& entry : window.commands().entries()) {
            const bool blocks = entry.action->text().contains(QChar(0x2026)) || entry.command.id.startsWith(QLatin1String("help.")) || entry.command.id == QLatin1String("file.quit") ||
                                entry.command.id == QLatin1String("file.saveSession") || entry.command.id.startsWith(QLatin1String("file.recent")) || entry.command.id == QLatin1String("edit.paste") ||
                                entry.command.id.startsWith(QLatin1String("view.theme"));
            if (!blocks) {
                m_ids << entry.command.id;
            }
        }
    }

    void act() {
        switch (below(8)) {
        case 0: trigger(); break;
        case 1: serve(); break;
        case 2: key(); break;
        case 3: control(); break;
        default: pointer(); break;
        }
        if (below(4) == 0) {
            QCoreApplication::processEvents();
        }
    }

private:
    int below(int bound) { return static_cast<int>(m_random() % static_cast<std::uint32_t>(bound)); }

    void trigger() {
        if (QAction* action = m_window.commands().action(m_ids[below(static_cast<int>(m_ids.size()))]); action != nullptr && action->isEnabled()) {
            action->trigger();
        }
    }

    void serve() {
        if (!m_window.session().busy()) {
            return;
        }
        if (m_service.submissions() != m_job) {
            m_job = m_service.submissions();
            m_stage = 0;
        }
        // as a service does: the decision first, then text and end of the one answer, then the other
        if (m_stage == 0) {
            m_service.decide();
        } else if (m_service.last().withAnswer && m_stage == 1) {
            m_service.sayPruned("yes");
        } else if (m_service.last().withAnswer && m_stage == 2) {
            m_service.finishPruned();
        } else if (m_service.last().withAnswer && m_stage == 3) {
            m_service.finishUnpruned();
        }
        ++m_stage;
    }

    void key() {
        static const std::array<Qt::Key, 19> kKeys{Qt::Key_Left, Qt::Key_Right, Qt::Key_Up, Qt::Key_Down, Qt::Key_Tab, Qt::Key_Backtab, Qt::Key_Space, Qt::Key_Escape, Qt::Key_Plus, Qt::Key_Minus,
                                                   Qt::Key_0, Qt::Key_1, Qt::Key_BracketLeft, Qt::Key_BracketRight, Qt::Key_BraceLeft, Qt::Key_BraceRight, Qt::Key_Equal, Qt::Key_A, Qt::Key_Z};
        QWidget* focus = m_window.focusWidget() != nullptr ? m_window.focusWidget() : m_window.canvas();
        if (qobject_cast<QComboBox*>(focus) != nullptr || qobject_cast<QAbstractButton*>(focus) != nullptr) {
            focus = m_window.canvas();   // a pop-up or a button may open what blocks
        }
        QTest::keyClick(focus, kKeys[static_cast<std::size_t>(below(static_cast<int>(kKeys.size())))], below(6) == 0 ? Qt::ShiftModifier : Qt::NoModifier);
    }

    void control() {
        const auto spins = m_window.findChildren<QDoubleSpinBox*>();
        const auto sliders = m_window.findChildren<QSlider*>();
        if (below(2) == 0 && !spins.isEmpty()) {
            QDoubleSpinBox* spin = spins[below(static_cast<int>(spins.size()))];
            if (spin->isEnabled()) {
                spin->setValue(spin->minimum() + (spin->maximum() - spin->minimum()) * below(101) / 100.0);
            }
        } else if (!sliders.isEmpty()) {
            QSlider* slider = sliders[below(static_cast<int>(sliders.size()))];
            if (slider->isEnabled()) {
                slider->setSliderDown(below(3) == 0);
                slider->setValue(slider->minimum() + below(slider->maximum() - slider->minimum() + 1));
                slider->setSliderDown(false);
            }
        }
    }

    void pointer() {
        CanvasWidget* canvas = m_window.canvas();
        const QPoint at(below(std::max(1, canvas->width())), below(std::max(1, canvas->height())));
        switch (below(5)) {
        case 0: QTest::mouseClick(canvas, Qt::LeftButton, Qt::NoModifier, at); break;
        case 1: QTest::mouseDClick(canvas, Qt::LeftButton, Qt::NoModifier, at); break;
        case 2: {
            QWheelEvent wheel(at, canvas->mapToGlobal(at), QPoint(), QPoint(0, below(2) == 0 ? 120 : -120), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
            QApplication::sendEvent(canvas, &wheel);
            break;
        }
        case 3:
            QTest::mousePress(canvas, Qt::LeftButton, Qt::NoModifier, at);
            QTest::mouseMove(canvas, QPoint(below(std::max(1, canvas->width())), below(std::max(1, canvas->height()))));
            QTest::mouseRelease(canvas, Qt::LeftButton, Qt::NoModifier, at);
            break;
        default: QTest::mouseMove(canvas, at); break;
        }
    }

    MainWindow& m_window;
    FakeService& m_service;
    std::mt19937 m_random;
    QStringList m_ids;
    std::size_t m_job = 0;
    int m_stage = 0;
};

void TestReach::monkeyFindsNoFault() {
    bool given = false;
    const int wanted = qEnvironmentVariableIntValue("PRUNESCOPE_MONKEY_EVENTS", &given);
    const int events = given ? wanted : 2000;
    Shown shown(m_image);
    SessionModel& session = shown.window.session();
    QUndoStack& undo = session.undoStack();
    Monkey monkey(shown.window, shown.service, given ? 4711 : 42);
    constexpr int kCheckEvery = 250;
    for (int i = 0; i < events; ++i) {
        monkey.act();
        // nothing on screen claims to be of now when it is not
        const AnswerState& answer = session.prunedAnswer();
        if (!answer.stale && answer.phase == AnswerState::Phase::kDone && answer.result && answer.result->decision) {
            QVERIFY2(sameOptions(answer.result->request.prune, session.options()), qPrintable(QStringLiteral("stale answer after event %1").arg(i)));
            QCOMPARE(QString::fromStdString(answer.result->request.question), session.question());
        }
        if (session.decision() && !session.decisionStale()) {
            QVERIFY2(sameOptions(session.decision()->request.prune, session.options()), qPrintable(QStringLiteral("stale decision after event %1").arg(i)));
        }
        if (i % kCheckEvery == kCheckEvery - 1) {
            QCoreApplication::processEvents();
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);   // as a running event loop would; else every animation stays
            const QJsonObject here = shown.window.state().values();
            const int index = undo.index();
            while (undo.canUndo()) {
                undo.undo();
            }
            while (undo.index() < index) {
                undo.redo();
            }
            const QJsonObject back = shown.window.state().values();
            for (const QString& key : here.keys()) {
                if (key != QLatin1String("view")) {   // zoom and scroll are no steps of undo
                    QVERIFY2(back.value(key) == here.value(key), qPrintable(QStringLiteral("undo mismatch of %1 after event %2").arg(key).arg(i)));
                }
            }
            undo.clear();
        }
    }
}

}  // namespace

QTEST_MAIN(TestReach)
#include "test_reach.moc"
