// SPDX-License-Identifier: GPL-3.0-or-later

// Loading of the built-in translations.

#include "ui/viewmodel/translation.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>
#include <QResource>

#include <memory>

static void initTranslationResource() {   // Q_INIT_RESOURCE wants no namespace
    Q_INIT_RESOURCE(translations);
}

namespace prunescope {

namespace {

/// Finds a text by its class without namespaces, as lupdate writes it, or among those of free functions.
class Translator : public QTranslator {
public:
    [[nodiscard]] QString translate(const char* context, const char* source, const char* disambiguation, int n) const override {
        const QByteArray name(context);
        const QByteArray last = name.mid(name.lastIndexOf(':') + 1);
        QString text = QTranslator::translate(last.constData(), source, disambiguation, n);
        return text.isNull() ? QTranslator::translate("prunescope", source, disambiguation, n) : text;
    }
};

}  // namespace

QString languageTitle(const QString& language) {
    if (language == QLatin1String("zh_CN")) {
        return QStringLiteral("简体中文");
    }
    return language == QLatin1String("en") ? QStringLiteral("English") : QCoreApplication::translate("prunescope", "System");
}

QString installLanguage(const QString& language) {
    const bool named = language == QLatin1String("en") || language == QLatin1String("zh_CN");
    const bool chinese = language == QLatin1String("zh_CN") || (!named && QLocale::system().language() == QLocale::Chinese && QLocale::system().script() != QLocale::TraditionalHanScript);
    static std::unique_ptr<QTranslator> own;
    static std::unique_ptr<QTranslator> ofQt;
    own.reset();   // a deleted translator is removed from the application
    ofQt.reset();
    if (!chinese) {
        return QStringLiteral("en");
    }
    initTranslationResource();
    own = std::make_unique<Translator>();
    ofQt = std::make_unique<QTranslator>();
    if (ofQt->load(QStringLiteral("qtbase_zh_CN"), QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {   // words of Qt's own dialogs, where installed
        QCoreApplication::installTranslator(ofQt.get());
    }
    if (!own->load(QStringLiteral(":/translations/prunescope_zh_CN.qm"))) {
        return QStringLiteral("en");
    }
    QCoreApplication::installTranslator(own.get());
    return QStringLiteral("zh_CN");
}

}  // namespace prunescope
