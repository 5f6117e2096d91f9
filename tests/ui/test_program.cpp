// SPDX-License-Identifier: GPL-3.0-or-later

// prunescope as a shell sees it: one error line, the right exit code, a picture of the window with the bundled model.

#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Ended {
    int code = -1;
    QByteArray out, err;
};

Ended runProgram(const QStringList& arguments, bool display = true) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (!display) {
        for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"}) {
            environment.remove(QString::fromLatin1(name));
        }
    }
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(PRUNESCOPE_BIN_DIR "/prunescope"), arguments);
    constexpr int kMostMs = 280'000;
    if (!process.waitForFinished(kMostMs) || process.exitStatus() != QProcess::NormalExit) {
        process.kill();
        return {};
    }
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

const QString kScene = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/sample_data/scenes/kitchen.png");

class TestProgram : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

private Q_SLOTS:
    void badStartsEndInOneLine_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("id");
        const QString shot = QStringLiteral("--screenshot");
        const QString file = m_folder.filePath(QStringLiteral("never.png"));
        QTest::newRow("unknown option") << QStringList{QStringLiteral("--nope")} << 2 << QStringLiteral("USAGE-OPTION");
        QTest::newRow("two images") << QStringList{kScene, kScene} << 2 << QStringLiteral("USAGE-ARGS");
        QTest::newRow("tau out of range") << QStringList{QStringLiteral("--tau"), QStringLiteral("7")} << 2 << QStringLiteral("USAGE-RANGE");
        QTest::newRow("size without x") << QStringList{QStringLiteral("--size"), QStringLiteral("1024")} << 2 << QStringLiteral("USAGE-VALUE");
        QTest::newRow("two budgets") << QStringList{QStringLiteral("--keep"), QStringLiteral("5"), QStringLiteral("--keep-ratio"), QStringLiteral("0.5")} << 2 << QStringLiteral("USAGE-CONFLICT");
        QTest::newRow("no question") << QStringList{QStringLiteral(PRUNESCOPE_SOURCE_DIR "/README.md"), QStringLiteral("--run")} << 2 << QStringLiteral("USAGE-QUESTION");
        QTest::newRow("no such overlay") << QStringList{QStringLiteral("--overlay"), QStringLiteral("sides")} << 2 << QStringLiteral("USAGE-VALUE");
        QTest::newRow("known overlay, image missing") << QStringList{QStringLiteral("/nowhere.png"), QStringLiteral("-q"), QStringLiteral("?"), QStringLiteral("--overlay"), QStringLiteral("survival-tau"), shot, file}
                                                      << 3 << QStringLiteral("FILE-NOENT");
        QTest::newRow("no such device") << QStringList{QStringLiteral("--device"), QStringLiteral("abacus")} << 5 << QStringLiteral("DEVICE-UNKNOWN");
        QTest::newRow("folder without model") << QStringList{kScene, QStringLiteral("--model"), m_folder.path(), shot, file} << 4 << QStringLiteral("MODEL-");
        QTest::newRow("image missing") << QStringList{QStringLiteral("/nowhere.png"), QStringLiteral("-q"), QStringLiteral("?"), shot, file} << 3 << QStringLiteral("FILE-NOENT");
        QTest::newRow("text for an image") << QStringList{QStringLiteral(PRUNESCOPE_SOURCE_DIR "/README.md"), QStringLiteral("-q"), QStringLiteral("?"), shot, file} << 3 << QStringLiteral("IMG-");
        QTest::newRow("budget above all") << QStringList{kScene, QStringLiteral("--keep"), QStringLiteral("100000"), shot, file} << 2 << QStringLiteral("USAGE-RANGE");
    }

    void badStartsEndInOneLine() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, id);
        const Ended ended = runProgram(arguments);
        QCOMPARE(ended.code, code);
        QVERIFY(ended.out.isEmpty());
        QVERIFY2(ended.err.startsWith("prunescope: error[" + id.toLatin1()), ended.err.constData());
        QCOMPARE(ended.err.count('\n'), 1);
        QVERIFY(ended.err.size() <= 241);
    }

    void noDisplayIsSaid() {
        const Ended ended = runProgram({}, false);
        QCOMPARE(ended.code, 5);
        QVERIFY(ended.err.contains("error[DISPLAY]"));
    }

    void helpAndVersionNeedNoDisplay() {
        QCOMPARE(runProgram({QStringLiteral("--version")}, false).out.left(11), QByteArray("prunescope "));
        const Ended help = runProgram({QStringLiteral("--help")}, false);
        QCOMPARE(help.code, 0);
        QVERIFY(help.out.contains("--screenshot") && help.out.contains("--relevance-sign"));
    }

    void pictureAndAnswerWithoutADisplay() {
        if (!QFile::exists(QStringLiteral(PRUNESCOPE_SOURCE_DIR "/sample_data/model/config.json"))) {
            QSKIP("no bundled model in this tree");
        }
        const QString file = m_folder.filePath(QStringLiteral("window.png"));
        const Ended ended = runProgram({kScene, QStringLiteral("--keep"), QStringLiteral("32"), QStringLiteral("--screenshot"), file, QStringLiteral("--size"), QStringLiteral("1024x700")});
        QCOMPARE(ended.code, 0);
        QVERIFY2(ended.err.isEmpty(), ended.err.constData());
        QVERIFY(ended.out.size() > 1 && ended.out.endsWith('\n'));
        QCOMPARE(QImage(file).size(), QSize(1024, 700));
        const Ended unwritable = runProgram({kScene, QStringLiteral("--screenshot"), QStringLiteral("/nowhere/at/all.png")});
        QCOMPARE(unwritable.code, 8);
        QVERIFY(unwritable.err.contains("error[OUT-"));
    }
};

}  // namespace

QTEST_GUILESS_MAIN(TestProgram)
#include "test_program.moc"
