// SPDX-License-Identifier: GPL-3.0-or-later

// Writing of options; one row per name.

#include "ui/viewmodel/option_text.h"

#include "core/run/option_names.h"

#include <functional>
#include <vector>

namespace prunescope {

namespace {

struct OptionRow {
    QString name;
    std::function<QString(const PruneOptions&)> text;
};

QString number(double value) {
    return QString::number(value, 'g', 12);
}

QString list(const std::vector<std::int64_t>& tokens) {
    QStringList words;
    for (const std::int64_t token : tokens) {
        words << QString::number(token);
    }
    return words.join(QLatin1Char(','));
}

template <typename Enum>
OptionRow word(const char* name, Enum PruneOptions::*member) {
    return {QString::fromLatin1(name), [member](const PruneOptions& o) { return QString::fromLatin1(nameOf(o.*member)); }};
}

OptionRow real(const char* name, double PruneOptions::*member) {
    return {QString::fromLatin1(name), [member](const PruneOptions& o) { return number(o.*member); }};
}

const std::vector<OptionRow>& rows() {
    static const std::vector<OptionRow> kRows{
        {QStringLiteral("method"), [](const PruneOptions& o) { return QString::fromStdString(o.method); }},
        {QStringLiteral("keep"), [](const PruneOptions& o) { return o.keep ? QString::number(*o.keep) : QString(); }},
        {QStringLiteral("keep-ratio"), [](const PruneOptions& o) { return o.keepRatio ? number(*o.keepRatio) : QString(); }},
        {QStringLiteral("tau"), [](const PruneOptions& o) { return (o.tau.isQuantile ? QStringLiteral("q") : QString()) + number(o.tau.value); }},
        real("gamma", &PruneOptions::gamma),
        real("gsp-ratio", &PruneOptions::gspRatio),
        word("fusion", &PruneOptions::fusion),
        word("partition", &PruneOptions::partition),
        word("qcsp", &PruneOptions::qcsp),
        word("relevance-space", &PruneOptions::relevanceSpace),
        word("relevance-sign", &PruneOptions::relevanceSign),
        real("relevance-power", &PruneOptions::relevancePower),
        {QStringLiteral("relevance-theta"), [](const PruneOptions& o) { return o.relevanceTheta ? number(*o.relevanceTheta) : QString(); }},
        word("query-pooling", &PruneOptions::queryPooling),
        word("query-words", &PruneOptions::queryWords),
        word("scope", &PruneOptions::scope),
        word("positions", &PruneOptions::positions),
        {QStringLiteral("force-keep"), [](const PruneOptions& o) { return list(o.forceKeep); }},
        {QStringLiteral("force-drop"), [](const PruneOptions& o) { return list(o.forceDrop); }},
        {QStringLiteral("seed"), [](const PruneOptions& o) { return QString::number(o.seed); }}};
    return kRows;
}

}  // namespace

QString optionText(const PruneOptions& options, const QString& name) {
    for (const OptionRow& row : rows()) {
        if (row.name == name) {
            return row.text(options);
        }
    }
    return {};
}

Result<void> setOptionText(PruneOptions& options, const QString& name, const QString& text) {
    return setPruneOption(options, name.toStdString(), text.toStdString());
}

QStringList optionChoices(const QString& name) {
    if (name == QLatin1String("method")) {
        QStringList names;
        for (const MethodInfo& method : pruningMethods()) {
            names << QString::fromStdString(method.name);
        }
        return names;
    }
    if (name == QLatin1String("fusion")) {
        return {QStringLiteral("walk"), QStringLiteral("restrict"), QStringLiteral("append"), QStringLiteral("none")};
    }
    if (name == QLatin1String("relevance-space")) {
        return {QStringLiteral("auto"), QStringLiteral("clip"), QStringLiteral("llm")};
    }
    if (name == QLatin1String("relevance-sign")) {
        return {QStringLiteral("auto"), QStringLiteral("+"), QStringLiteral("-")};
    }
    return {};
}

bool sameOptions(const PruneOptions& a, const PruneOptions& b) {
    for (const OptionRow& row : rows()) {
        if (row.text(a) != row.text(b)) {
            return false;
        }
    }
    return true;
}

QStringList changedOptions(const PruneOptions& options) {
    const PruneOptions defaults;
    QStringList names;
    for (const OptionRow& row : rows()) {
        if (row.text(options) != row.text(defaults)) {
            names << row.name;
        }
    }
    return names;
}

QString shortLabel(const PruneOptions& options) {
    QStringList parts{QString::fromStdString(options.method)};
    if (options.keep) {
        parts << QStringLiteral("keep %1").arg(*options.keep);
    } else if (options.keepRatio) {
        parts << QStringLiteral("keep %1 %").arg(*options.keepRatio * 100.0, 0, 'f', 1);
    }
    parts << QStringLiteral("tau %1").arg(optionText(options, QStringLiteral("tau"))) << QStringLiteral("gamma %1").arg(options.gamma, 0, 'g', 4)
          << QStringLiteral("p %1").arg(options.gspRatio, 0, 'g', 4) << optionText(options, QStringLiteral("fusion"));
    return parts.join(QStringLiteral(", "));
}

QJsonObject jsonFromOptions(const PruneOptions& options) {
    QJsonObject object;
    for (const QString& name : changedOptions(options)) {
        object.insert(name, optionText(options, name));
    }
    return object;
}

PruneOptions optionsFromJson(const QJsonObject& object) {
    PruneOptions options;
    for (const std::string& name : pruneOptionNames()) {
        const QString key = QString::fromStdString(name);
        PruneOptions changed = options;
        if (object.contains(key) && setOptionText(changed, key, object.value(key).toString())) {
            options = changed;
        }
    }
    return options;
}

}  // namespace prunescope
