// SPDX-License-Identifier: GPL-3.0-or-later

// Building and syncing of the controls. The session's options are the truth; controls only mirror them.

#include "ui/widgets/parameter_panel.h"

#include "ui/viewmodel/knobs.h"
#include "ui/viewmodel/number_text.h"
#include "ui/viewmodel/option_text.h"
#include "ui/widgets/scrub_slider.h"
#include "ui/widgets/scrubber.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QStandardItemModel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

const QString kKeep = QStringLiteral("keep");
const QString kTau = QStringLiteral("tau");

QString plain(QString label) {
    return label.remove(QLatin1Char('&'));
}

/// A copy of `options` with one option at its default.
PruneOptions withDefault(PruneOptions options, const QString& option) {
    const PruneOptions defaults;
    if (option == kKeep) {
        options.keep.reset();
        options.keepRatio.reset();
    } else if (option == kTau) {
        options.tau = defaults.tau;
    } else if (const auto set = setOptionText(options, option, optionText(defaults, option)); !set) {
        return options;
    }
    return options;
}

}  // namespace

ParameterPanel::ParameterPanel(SessionModel& session, QWidget* parent) : QWidget(parent), m_session(session) {
    m_scrubber = new Scrubber(session, this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(4);
    for (const ParameterInfo& info : parameterInfos()) {
        const bool isChoice = !optionChoices(info.option).isEmpty();
        isChoice ? addChoice(info) : addNumber(info);
    }
    m_others = new QLabel(this);
    m_others->setObjectName(QStringLiteral("muted"));
    m_others->setWordWrap(true);
    m_others->setTextInteractionFlags(Qt::LinksAccessibleByKeyboard | Qt::LinksAccessibleByMouse);
    m_others->setAccessibleName(tr("Options set outside this panel"));
    connect(m_others, &QLabel::linkActivated, this, [this] {
        PruneOptions options = m_session.options();
        for (const QString& name : changedOptions(options)) {
            if (parameterInfo(name) == nullptr && name != QLatin1String("keep-ratio")) {
                options = withDefault(options, name);
            }
        }
        m_session.setOptions(options, tr("other options"));
    });
    column->addWidget(m_others);
    column->addStretch(1);
    connect(&m_session, &SessionModel::optionsChanged, this, &ParameterPanel::refresh);
    connect(&m_session, &SessionModel::modelChanged, this, &ParameterPanel::refresh);
    connect(&m_session, &SessionModel::decisionChanged, this, &ParameterPanel::refresh);
    refresh();
}

QToolButton* ParameterPanel::makeReset(const ParameterInfo& info) {
    auto* reset = new QToolButton(this);
    reset->setObjectName(QStringLiteral("flat"));
    reset->setText(QStringLiteral("↺"));
    reset->setAutoRaise(true);
    reset->setFocusPolicy(Qt::StrongFocus);
    reset->setToolTip(tr("Reset %1 to its default").arg(info.option));
    reset->setAccessibleName(tr("Reset %1").arg(plain(info.label)));
    connect(reset, &QToolButton::clicked, this, [this, option = info.option] { m_session.setOptions(withDefault(m_session.options(), option), option); });
    return reset;
}

void ParameterPanel::addNumber(const ParameterInfo& info) {
    Row row;
    row.info = &info;
    row.label = new QLabel(info.label, this);
    row.spin = new QDoubleSpinBox(this);
    row.spin->setDecimals(info.decimals);
    row.spin->setRange(info.low, info.high);
    row.spin->setSingleStep(info.step);
    row.spin->setLocale(QLocale::c());
    row.spin->setKeyboardTracking(false);
    row.spin->setAlignment(Qt::AlignRight);
    row.spin->setMinimumWidth(72);
    row.spin->setAccessibleName(plain(info.label));
    row.label->setBuddy(row.spin);
    row.slider = new ScrubSlider(this);
    row.slider->setAccessibleName(tr("%1 slider").arg(plain(info.label)));
    row.slider->setRange(static_cast<int>(std::lround(info.low / info.step)), static_cast<int>(std::lround(info.high / info.step)));
    row.reset = makeReset(info);
    const QString tip = tooltipOf(info);
    for (QWidget* widget : {static_cast<QWidget*>(row.label), static_cast<QWidget*>(row.spin), static_cast<QWidget*>(row.slider)}) {
        widget->setToolTip(tip);
    }
    auto* line = new QHBoxLayout;
    line->setSpacing(4);
    line->addWidget(row.label);
    if (info.option == kKeep) {
        m_share = new QLabel(this);
        m_share->setObjectName(QStringLiteral("muted"));
        m_share->setToolTip(tip);
        line->addWidget(m_share);
    }
    line->addStretch(1);
    if (info.option == kTau) {
        m_quantile = new QCheckBox(tr("&quantile"), this);
        m_quantile->setToolTip(tr("Take tau as a percentile of this image's similarities (q90 on the command line)"));
        connect(m_quantile, &QCheckBox::clicked, this, [this](bool on) {
            PruneOptions options = m_session.options();
            options.tau = on ? Threshold{90, true} : Threshold{};
            m_session.setOptions(options, kTau);
        });
        line->addWidget(m_quantile);
    }
    line->addWidget(row.spin);
    line->addWidget(row.reset);
    auto* column = static_cast<QVBoxLayout*>(layout());
    column->addLayout(line);
    column->addWidget(row.slider);
    connectSlider(row);
    m_rows.push_back(row);
}

void ParameterPanel::connectSlider(Row& row) {
    const ParameterInfo* info = row.info;
    ScrubSlider* slider = row.slider;
    connect(slider, &QSlider::valueChanged, this, [this, info](int position) {
        if (!m_refreshing) {
            const bool quantile = info->option == kTau && m_session.options().tau.isQuantile;
            setValue(info->option, quantile ? position : position * info->step);
        }
    });
    connect(slider, &ScrubSlider::notched, this, [this, info](int notches, bool fine) { m_scrubber->turn(info->option, notches, fine); });
    connect(slider, &QSlider::sliderPressed, this, [this] { m_session.setInteracting(true); });
    connect(slider, &QSlider::sliderReleased, this, [this] { m_session.setInteracting(false); });
    connect(row.spin, &QDoubleSpinBox::valueChanged, this, [this, info](double value) {
        if (!m_refreshing) {
            setValue(info->option, value);
        }
    });
}

void ParameterPanel::addChoice(const ParameterInfo& info) {
    Row row;
    row.info = &info;
    row.label = new QLabel(info.label, this);
    row.choice = new QComboBox(this);
    row.choice->addItems(optionChoices(info.option));
    row.choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    row.choice->setAccessibleName(plain(info.label));
    row.label->setBuddy(row.choice);
    if (info.option == QLatin1String("method")) {
        const std::vector<MethodInfo>& methods = pruningMethods();
        for (std::size_t i = 0; i < methods.size(); ++i) {
            row.choice->setItemData(static_cast<int>(i), QString::fromStdString(methods[i].summary), Qt::ToolTipRole);
        }
    }
    row.reset = makeReset(info);
    const QString tip = tooltipOf(info);
    row.label->setToolTip(tip);
    row.choice->setToolTip(tip);
    connect(row.choice, &QComboBox::textActivated, this, [this, option = info.option](const QString& text) {
        PruneOptions options = m_session.options();
        if (setOptionText(options, option, text)) {
            m_session.setOptions(options, option);
        }
    });
    auto* line = new QHBoxLayout;
    line->setSpacing(4);
    line->addWidget(row.label);
    line->addStretch(1);
    line->addWidget(row.choice);
    line->addWidget(row.reset);
    static_cast<QVBoxLayout*>(layout())->addLayout(line);
    m_rows.push_back(row);
}

double ParameterPanel::valueOf(const QString& option) const {
    const PruneOptions& options = m_session.options();
    if (option == kKeep) {
        return static_cast<double>(m_session.effectiveKeep());
    }
    if (option == kTau) {
        return options.tau.value;
    }
    return option == QLatin1String("gamma") ? options.gamma : options.gspRatio;
}

void ParameterPanel::setValue(const QString& option, double value) {
    PruneOptions options = m_session.options();
    if (option == kKeep) {
        options.keep = std::llround(value);
        options.keepRatio.reset();
    } else if (option == kTau) {
        options.tau.value = value;
    } else if (option == QLatin1String("gamma")) {
        options.gamma = value;
    } else {
        options.gspRatio = value;
    }
    m_session.setOptions(options, option);
}

void ParameterPanel::refreshNumber(Row& row) {
    const ParameterInfo& info = *row.info;
    double low = info.low;
    double high = info.high;
    double step = info.step;
    int decimals = info.decimals;
    if (info.option == kKeep) {
        high = static_cast<double>(m_session.tokenCount());
    } else if (info.option == kTau && m_session.options().tau.isQuantile) {
        low = 0;
        high = 100;
        step = 1;
        decimals = 0;
    }
    const double value = valueOf(info.option);
    // values given on the command line may lie outside the slider: the box shows them, the slider stands at its end
    row.spin->setDecimals(decimals);
    row.spin->setRange(std::min(low, value), std::max(high, value));
    row.spin->setSingleStep(step);
    row.spin->setValue(value);
    row.slider->setRange(static_cast<int>(std::lround(low / step)), static_cast<int>(std::lround(high / step)));
    row.slider->setPageStep(std::max(1, (row.slider->maximum() - row.slider->minimum()) / 10));
    row.slider->setValue(static_cast<int>(std::lround(value / step)));
    row.reset->setEnabled(!sameOptions(withDefault(m_session.options(), info.option), m_session.options()));
}

void ParameterPanel::refreshChoice(Row& row) {
    row.choice->setCurrentText(optionText(m_session.options(), row.info->option));
    row.reset->setEnabled(!sameOptions(withDefault(m_session.options(), row.info->option), m_session.options()));
    if (row.info->option == QLatin1String("relevance-space")) {
        auto* items = qobject_cast<QStandardItemModel*>(row.choice->model());
        if (QStandardItem* clip = items != nullptr ? items->item(1) : nullptr) {
            const bool possible = m_session.facts().hasClipTextTower || m_session.modelState() != ModelState::kReady;
            clip->setEnabled(possible);
            clip->setToolTip(possible ? QString() : tr("This model has no text tower that matches its vision tower."));
        }
    }
}

void ParameterPanel::refreshEnabled() {
    const QString method = QString::fromStdString(m_session.options().method);
    for (Row& row : m_rows) {
        const bool used = methodUses(method, row.info->option);
        row.label->setEnabled(used);
        row.label->setToolTip(used ? tooltipOf(*row.info) : tr("Method %1 does not use this.").arg(method));
        for (QWidget* widget : {static_cast<QWidget*>(row.slider), static_cast<QWidget*>(row.spin), static_cast<QWidget*>(row.choice)}) {
            if (widget != nullptr) {
                widget->setEnabled(used);
            }
        }
    }
    m_quantile->setEnabled(methodUses(method, kTau));
}

void ParameterPanel::refresh() {
    m_refreshing = true;
    for (Row& row : m_rows) {
        row.choice != nullptr ? refreshChoice(row) : refreshNumber(row);
    }
    m_quantile->setChecked(m_session.options().tau.isQuantile);
    const std::int64_t n = m_session.tokenCount();
    m_share->setText(tr("%1 of %2").arg(percentText(static_cast<double>(m_session.effectiveKeep()) / static_cast<double>(n))).arg(n));
    QStringList others;
    for (const QString& name : changedOptions(m_session.options())) {
        if (parameterInfo(name) == nullptr && name != QLatin1String("keep-ratio")) {
            const bool forced = name == QLatin1String("force-keep") || name == QLatin1String("force-drop");
            const QString text = optionText(m_session.options(), name);
            others << (forced ? tr("--%1 of %2 tokens").arg(name).arg(text.count(QLatin1Char(',')) + 1) : QStringLiteral("--%1 %2").arg(name, text)).toHtmlEscaped();
        }
    }
    m_others->setVisible(!others.isEmpty());
    m_others->setText(tr("Also set: %1 (<a href='reset'>reset</a>)").arg(others.join(QStringLiteral(", "))));
    refreshEnabled();
    m_refreshing = false;
}

ParameterPanel::Row* ParameterPanel::find(const QString& option) {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) { return row.info->option == option; });
    return found == m_rows.end() ? nullptr : &*found;
}

const ParameterPanel::Row* ParameterPanel::find(const QString& option) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) { return row.info->option == option; });
    return found == m_rows.end() ? nullptr : &*found;
}

QSlider* ParameterPanel::slider(const QString& option) const {
    const Row* row = find(option);
    return row != nullptr ? row->slider : nullptr;
}

QDoubleSpinBox* ParameterPanel::spin(const QString& option) const {
    const Row* row = find(option);
    return row != nullptr ? row->spin : nullptr;
}

QComboBox* ParameterPanel::choice(const QString& option) const {
    const Row* row = find(option);
    return row != nullptr ? row->choice : nullptr;
}

QToolButton* ParameterPanel::resetButton(const QString& option) const {
    const Row* row = find(option);
    return row != nullptr ? row->reset : nullptr;
}

}  // namespace prunescope
