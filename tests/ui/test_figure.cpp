// SPDX-License-Identifier: GPL-3.0-or-later

// The painter: colours at their ends, overlays on known pixels, legends, the whole original with its unseen parts.

#include "tests/ui/fake_service.h"
#include "ui/figure/app_icon.h"
#include "ui/figure/canvas_painter.h"
#include "ui/figure/picture.h"

#include <QPainter>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

using namespace prunescope;
using testing::FakeService;

namespace {

double lightness(QRgb colour) {
    const auto linear = [](int v) {
        const double s = v / 255.0;
        return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(colour)) + 0.7152 * linear(qGreen(colour)) + 0.0722 * linear(qBlue(colour));
}

/// Compares with tests/ui/baselines/NAME.png at a quarter of the size; PRUNESCOPE_UPDATE_BASELINES=1 writes the picture instead. Canvases hold
/// no text, so that fonts do not matter; a mean difference under 2 of 255 in each channel is left to rounding in other versions of Qt.
bool looksLike(const QImage& picture, const QString& name) {
    const QString path = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/tests/ui/baselines/%1.png").arg(name);
    const QImage small = picture.scaled(picture.size() / 4, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).convertToFormat(QImage::Format_RGB888);
    if (qEnvironmentVariableIsSet("PRUNESCOPE_UPDATE_BASELINES")) {
        return small.save(path);
    }
    const QImage wanted = QImage(path).convertToFormat(QImage::Format_RGB888);
    if (wanted.size() != small.size()) {
        return false;
    }
    double sum = 0;
    for (int y = 0; y < small.height(); ++y) {
        for (int x = 0; x < small.width() * 3; ++x) {
            sum += std::abs(small.constScanLine(y)[x] - wanted.constScanLine(y)[x]);
        }
    }
    constexpr double kMostMean = 2.0;
    return sum / (small.width() * small.height() * 3.0) < kMostMean;
}

class TestFigure : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::shared_ptr<const RunResult> m_result;

    CanvasScene sceneOf(OverlayKind kind, double opacity, bool original = false) {
        CanvasScene scene = makeScene(*m_result, original, false);
        scene.overlay = makeOverlay(*m_result, kind, 0.5);
        scene.opacity = opacity;
        return scene;
    }

    /// Canvas at one device pixel per scene unit.
    static QImage paint(const CanvasScene& scene) {
        const QRectF bounds = scene.bounds();
        QImage image(bounds.size().toSize(), QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        QTransform transform;
        transform.translate(-bounds.left(), -bounds.top());
        paintCanvas(painter, scene, transform, {});
        return image;
    }

    /// First cell whose neighbours all share its state.
    [[nodiscard]] GridMap::Cell innerCell(bool kept) const {
        const auto is = [&](int row, int col) { return m_result->decision->tokens[static_cast<std::size_t>(row * 24 + col)].kept == kept; };
        for (int row = 1; row < 23; ++row) {
            for (int col = 1; col < 23; ++col) {
                if (is(row, col) && is(row - 1, col) && is(row + 1, col) && is(row, col - 1) && is(row, col + 1)) {
                    return {row, col};
                }
            }
        }
        return {-1, -1};
    }

private Q_SLOTS:
    void initTestCase() {
        const QString path = m_folder.filePath(QStringLiteral("scene.png"));
        QVERIFY(testing::paintedScene(448, 336).save(path));
        FakeService service(FakeService::Mode::kManual);
        RunRequest request;
        request.imagePath = path.toStdString();
        request.question = "Is there a pot?";
        request.prune.gspRatio = 0.0;
        m_result = service.makeResult(request, 1, false, false);
        QVERIFY(m_result != nullptr);
    }

    void colourMapsEndWhereTheyShould() {
        const QRgb ends[4][2] = {{qRgb(68, 1, 84), qRgb(253, 231, 37)}, {qRgb(0, 34, 78), qRgb(254, 232, 56)}, {qRgb(0, 0, 4), qRgb(252, 253, 191)}, {qRgb(48, 18, 59), qRgb(122, 4, 3)}};
        for (std::size_t i = 0; i < kColourMaps.size(); ++i) {
            QCOMPARE(colourAt(kColourMaps[i], 0.0), ends[i][0]);
            QCOMPARE(colourAt(kColourMaps[i], 1.0), ends[i][1]);
            QCOMPARE(colourAt(kColourMaps[i], -3.0), ends[i][0]);
            QCOMPARE(colourAt(kColourMaps[i], std::numeric_limits<double>::quiet_NaN()), qRgb(128, 128, 128));
            QCOMPARE(colourMapFromName(nameOf(kColourMaps[i])), std::optional(kColourMaps[i]));
            std::set<QRgb> different;
            for (int k = 0; k < 256; ++k) {
                different.insert(colourAt(kColourMaps[i], k / 255.0));
            }
            QVERIFY(different.size() > 240);
        }
        QCOMPARE(colourAt(ColourMap::kViridis, 128 / 255.0), qRgb(33, 145, 140));
    }

    void sequentialMapsOnlyGetLighter() {
        for (const ColourMap map : {ColourMap::kViridis, ColourMap::kCividis, ColourMap::kMagma}) {
            double before = -1;
            for (int k = 0; k < 256; k += 8) {
                const double now = lightness(colourAt(map, k / 255.0));
                QVERIFY2(now > before, qPrintable(nameOf(map)));
                before = now;
            }
        }
    }

    void droppedIsDimmedAndDesaturated() {
        const CanvasScene scene = sceneOf(OverlayKind::kRetained, 1.0);
        const QImage painted = paint(scene);
        const GridMap::Cell kept = innerCell(true);
        const GridMap::Cell dropped = innerCell(false);
        QVERIFY(kept.row >= 0 && dropped.row >= 0);
        const QPoint keptAt = scene.cellRect(kept.row, kept.col).center().toPoint();
        QCOMPARE(painted.pixel(keptAt), scene.picture.pixel(keptAt));
        const QPoint droppedAt = scene.cellRect(dropped.row, dropped.col).center().toPoint();
        const QColor colour(painted.pixel(droppedAt));
        QVERIFY(colour.saturation() < 10);
        QVERIFY(std::abs(colour.lightness() - QColor(scene.picture.pixel(droppedAt)).lightness()) > 20);
    }

    void heatIsTheMapsColourAtFullOpacity() {
        const CanvasScene scene = sceneOf(OverlayKind::kRelevance, 1.0);
        const QImage painted = paint(scene);
        for (const std::size_t cell : {std::size_t{0}, std::size_t{300}, std::size_t{575}}) {
            const QPoint at = scene.cellRect(static_cast<int>(cell) / 24, static_cast<int>(cell) % 24).center().toPoint();
            QCOMPARE(painted.pixel(at), colourAt(ColourMap::kViridis, scene.overlay.position(cell)));
        }
        CanvasScene faint = scene;
        faint.opacity = 0.0;
        const QPoint middle = scene.cellRect(12, 12).center().toPoint();
        QCOMPARE(paint(faint).pixel(middle), scene.picture.pixel(middle));
    }

    void canvasesLookAsTheyDid() {
        QVERIFY(looksLike(paint(sceneOf(OverlayKind::kRetained, 0.9)), QStringLiteral("retained")));
        QVERIFY(looksLike(paint(sceneOf(OverlayKind::kRelevance, 0.6)), QStringLiteral("relevance")));
        QVERIFY(looksLike(paint(sceneOf(OverlayKind::kGspScore, 0.6)), QStringLiteral("gsp")));
        QVERIFY(looksLike(paint(sceneOf(OverlayKind::kLocalRedundancy, 0.6)), QStringLiteral("local")));
        QVERIFY(looksLike(paint(sceneOf(OverlayKind::kGreedyOrder, 0.6)), QStringLiteral("order")));
        QVERIFY(looksLike(paint(sceneOf(OverlayKind::kRetained, 0.9, true)), QStringLiteral("retained-whole")));
        if (!qEnvironmentVariableIsSet("PRUNESCOPE_UPDATE_BASELINES")) {
            QVERIFY(!looksLike(paint(sceneOf(OverlayKind::kRelevance, 0.3)), QStringLiteral("relevance")));   // it can fail
        }
    }

    void wholeImageHatchesWhatIsNotSeen() {
        CanvasScene scene = sceneOf(OverlayKind::kNone, 1.0, true);
        QCOMPARE(scene.pictureRect, QRectF(0, 0, 448, 336));
        QCOMPARE(scene.tokenRect, QRectF(56, 0, 336, 336));
        const QImage painted = paint(scene);
        int changed = 0;
        for (int y = 0; y < 336; y += 4) {
            changed += painted.pixel(20, y) != scene.picture.pixel(20, y) ? 1 : 0;
        }
        QCOMPARE(changed, 84);
        QCOMPARE(painted.pixel(224, 168), scene.picture.pixel(224, 168));
    }

    void paddingIsHatched() {
        auto padded = std::make_shared<RunResult>(*m_result);
        auto image = std::make_shared<ImageContext>(*m_result->image);
        GridMap& grid = image->input.grid;   // 448 x 336 padded to 448 x 448
        grid.padded = true;
        grid.scaleX = grid.scaleY = 448.0 / 336.0;
        grid.offsetX = 0;
        grid.offsetY = -56;
        padded->image = image;
        CanvasScene scene = makeScene(*padded, false, false);
        QCOMPARE(scene.imagePart, QRectF(0, 42, 336, 252));
        const QImage painted = paint(scene);
        int above = 0;
        int inside = 0;
        for (int x = 0; x < 336; ++x) {
            above += painted.pixel(x, 20) != scene.picture.pixel(x, 20) ? 1 : 0;
            inside += painted.pixel(x, 168) != scene.picture.pixel(x, 168) ? 1 : 0;
        }
        QVERIFY(above > 20 && above < 200);
        QCOMPARE(inside, 0);
    }

    void maskVeilsMarkedPatches() {
        QImage target(48, 48, QImage::Format_RGB32);
        target.fill(Qt::blue);
        QImage red(48, 48, QImage::Format_RGB32);
        red.fill(Qt::red);
        QPainter painter(&target);
        paintMask(painter, QRectF(0, 0, 48, 48), red, 2, 2, {1, 0, 0, 1}, FigureStyle{});
        painter.end();
        QVERIFY(lightness(target.pixel(10, 10)) > 0.6);
        QCOMPARE(target.pixel(40, 10), qRgb(255, 0, 0));
        QVERIFY(lightness(target.pixel(40, 40)) > 0.6);
    }

    void figureHasCanvasTitleAndLegend() {
        FigureStyle style;
        style.background = Qt::white;
        const int bare = renderFigure(sceneOf(OverlayKind::kNone, 0.6), QStringLiteral("Is there a pot?"), QStringLiteral("script"), style, 672).height();
        for (const OverlayKind kind : kOverlayKinds) {
            if (kind == OverlayKind::kSurvival || kind == OverlayKind::kTauSurvival || kind == OverlayKind::kWord || kind == OverlayKind::kQuestions) {
                continue;   // they need an analysis or the lens: test_study, test_lens
            }
            const QImage figure = renderFigure(sceneOf(kind, 0.6), QStringLiteral("Is there a pot?"), QStringLiteral("script"), style, 672);
            QVERIFY(figure.width() >= 672 && figure.height() >= 672);
            int inked = 0;
            for (int y = bare; y < figure.height(); ++y) {   // the rows that the legend adds
                for (int x = 0; x < figure.width(); ++x) {
                    inked += figure.pixel(x, y) != qRgb(255, 255, 255) ? 1 : 0;
                }
            }
            QCOMPARE(inked > 100, kind != OverlayKind::kNone);
        }
        QVERIFY(renderFigure(CanvasScene{}, QString(), QString(), style, 672).isNull());
    }

    void picturesKeepTheirColours() {
        RgbImage rgb{2, 1, {10, 20, 30, 200, 100, 50}};
        const QImage image = toQImage(rgb);
        QCOMPARE(image.pixel(0, 0), qRgb(10, 20, 30));
        QCOMPARE(image.pixel(1, 0), qRgb(200, 100, 50));
        QVERIFY(toQImage(RgbImage{}).isNull());
        QCOMPARE(toQImage(RgbImage{400, 100, std::vector<std::uint8_t>(120000, 7)}, 100).size(), QSize(100, 25));
        QVERIFY(!appIcon().isNull());
    }
};

}  // namespace

QTEST_MAIN(TestFigure)
#include "test_figure.moc"
