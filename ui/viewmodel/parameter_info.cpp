// SPDX-License-Identifier: GPL-3.0-or-later

// The table of knobs.

#include "ui/viewmodel/parameter_info.h"

#include <QCoreApplication>

#include <utility>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Parameter", text);
}

struct Steps {
    double fine, coarse;
    int decimals;
};

ParameterInfo numeric(ParameterInfo info, double low, double high, const Steps& steps, const char* keys) {
    info.low = low;
    info.high = high;
    info.step = steps.fine;
    info.coarse = steps.coarse;
    info.decimals = steps.decimals;
    info.keys = QString::fromLatin1(keys);
    return info;
}

std::vector<ParameterInfo> numbers() {
    return {
        numeric({QStringLiteral("keep"), tr("&Keep"), tr("visual tokens"), tr("1 to all tokens of the image"), tr("m = 192, 128, 64, 32 or 16 of 576"),
                 tr("|S| = m"), tr("Budget: how many visual tokens reach the language model.")},
                1, 576, {1, 8, 0}, "- ="),
        numeric({QStringLiteral("tau"), tr("&Tau"), tr("cosine similarity"), tr("0 to 1 here, -1 to 1 on the command line"),
                 tr("0.5 for the local map; open for GSP"), tr("edge (i, j) if S'<sub>ij</sub> &ge; tau (Eq. 8)"),
                 tr("Two tokens of opposite sides count as redundant partners from this similarity on.")},
                0, 1, {0.01, 0.05, 2}, "[ ]"),
        numeric({QStringLiteral("gamma"), tr("&Gamma"), tr("none"), tr("0 to 10"), tr("\"tunable\"; 1.0 in the released code"),
                 tr("score = degree &middot; exp(gamma &middot; mean similarity) (Eq. 9)"),
                 tr("How much the mean similarity counts beside the number of partners; 0 leaves the degree alone.")},
                0, 10, {0.05, 0.25, 2}, "{ }"),
        numeric({QStringLiteral("gsp-ratio"), tr("GSP &ratio p"), tr("share of all tokens"), tr("0 to 0.95"), tr("open; 0.5 here"),
                 tr("|G| = clamp(n - floor(p n), m, n)"), tr("Share of the tokens that GSP discards as redundant before QCSP has its say.")},
                0, 0.95, {0.01, 0.05, 2}, ", ."),
    };
}

std::vector<ParameterInfo> choices() {
    return {
        {QStringLiteral("fusion"), tr("&Fusion"), tr("none"), tr("walk, restrict, append, none"), tr("intersection, then \"supplement from QCSP\""),
         tr("S = first m of the greedy order that lie in G"),
         tr("walk: skip what GSP dropped; restrict: greedy on survivors only; append: fill with any later pick; none: QCSP alone.")},
        {QStringLiteral("relevance-space"), tr("Relevance &space"), tr("none"), tr("auto, clip, llm"), tr("language-model space in the text, CLIP in the code"),
         tr("r<sub>i</sub> = cos(h<sub>i</sub>, h<sub>q</sub>) (Eq. 4)"),
         tr("Where question and patch are compared. clip needs a text tower that matches the vision tower.")},
        {QStringLiteral("relevance-sign"), tr("Relevance sig&n"), tr("none"), tr("auto, +, -"), tr("+ in the text, - in the released code"),
         tr("r &rarr; &plusmn;r before min-max"), tr("Which end of the cosine means relevant; auto follows the model's calibration.")},
    };
}

}  // namespace

const std::vector<ParameterInfo>& parameterInfos() {
    static const std::vector<ParameterInfo> kInfos = [] {
        std::vector<ParameterInfo> all{{QStringLiteral("method"), tr("&Method"), tr("none"), tr("see the list"), tr("script (GSP and QCSP together)"),
                                        tr("S = GSP &cap; QCSP"), tr("Which rule decides what reaches the language model.")}};
        for (ParameterInfo& info : numbers()) {
            all.push_back(std::move(info));
        }
        for (ParameterInfo& info : choices()) {
            all.push_back(std::move(info));
        }
        return all;
    }();
    return kInfos;
}

const ParameterInfo* parameterInfo(const QString& option) {
    for (const ParameterInfo& info : parameterInfos()) {
        if (info.option == option) {
            return &info;
        }
    }
    return nullptr;
}

QString tooltipOf(const ParameterInfo& info) {
    QString text = QStringLiteral("<p><b>--%1</b><br>%2</p><p>").arg(info.option, info.meaning.toHtmlEscaped());
    if (info.unit != tr("none")) {
        text += tr("Unit: %1<br>").arg(info.unit);
    }
    text += tr("Range: %1<br>").arg(info.range.toHtmlEscaped());
    text += tr("Paper: %1<br>").arg(info.paper.toHtmlEscaped());
    text += tr("Equation: %1</p>").arg(info.equation);
    if (!info.keys.isEmpty()) {
        text += tr("<p>Keys on the canvas: <b>%1</b>, with Alt finer. Wheel or drag on the slider, with Shift finer.</p>").arg(info.keys.toHtmlEscaped());
    }
    return text;
}

}  // namespace prunescope
