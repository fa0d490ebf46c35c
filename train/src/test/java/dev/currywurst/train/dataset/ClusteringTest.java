package dev.currywurst.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.train.dataset.Clustering.Cluster;
import dev.currywurst.train.dataset.DrawnCreatures.Body;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which pictures are nearly the same. */
class ClusteringTest {
  private static final int FORMS = 20;

  @TempDir Path folder;

  private void write(BufferedImage picture, String name) throws IOException {
    assertThat(ImageIO.write(picture, "png", folder.resolve(name).toFile())).isTrue();
  }

  private List<Set<String>> clusters(double threshold, List<Measure> more) {
    return Clustering.of(survey(), threshold, more).stream().map(ClusteringTest::names).toList();
  }

  private List<Set<String>> clusters() {
    return clusters(LookMeasure.DEFAULT_THRESHOLD, List.of());
  }

  private Survey survey() {
    return Survey.of(Inventory.of(folder), ImageDecoder.DEFAULT, done -> {});
  }

  private static Set<String> names(Cluster cluster) {
    return cluster.members().stream()
        .map(picture -> picture.entry().name())
        .collect(Collectors.toSet());
  }

  /**
   * The twenty forms of one butterfly are one cluster and nothing else is in it; nothing else is a
   * cluster, though other butterflies are among the many creatures.
   */
  @ParameterizedTest
  @CsvSource({"1, true, 250", "2, false, 80"})
  void joinsTwentyRecolouredFormsAndNothingElse(long seed, boolean cutOut, int others)
      throws IOException {
    DrawnCreatures creatures = new DrawnCreatures(seed);
    Body butterfly = creatures.butterfly();
    for (int i = 0; i < FORMS; i++) {
      write(creatures.paint(butterfly, cutOut), "form-" + i + ".png");
    }
    for (int i = 0; i < 40; i++) {
      write(creatures.paint(creatures.butterfly(), cutOut), "butterfly-" + i + ".png");
    }
    for (int i = 0; i < others; i++) {
      write(creatures.paint(creatures.creature(), cutOut), "creature-" + i + ".png");
    }
    for (int i = 0; i < DrawnCreatures.PATTERNS; i++) {
      write(creatures.paint(creatures.ball(), cutOut, i), "ball-" + i + ".png");
    }
    Set<String> forms =
        IntStream.range(0, FORMS).mapToObj(i -> "form-" + i + ".png").collect(Collectors.toSet());
    assertThat(clusters()).as("seed %d", seed).containsExactly(forms);
  }

  /** Where very many are alike, links come some at a time, and each only once. */
  @Test
  void isTheSameHoweverFewLinksAreHeld() throws IOException {
    DrawnCreatures creatures = new DrawnCreatures(7);
    for (int kind = 0; kind < 3; kind++) {
      Body butterfly = creatures.butterfly();
      for (int i = 0; i < 5; i++) {
        write(creatures.paint(butterfly, true), "form-%d-%d.png".formatted(kind, i));
      }
    }
    Survey survey = survey();
    List<Cluster> all = Clustering.of(survey, LookMeasure.DEFAULT_THRESHOLD, List.of());
    assertThat(all).isNotEmpty();
    for (int held : new int[] {1, 2, 7}) {
      assertThat(Clustering.of(survey, LookMeasure.DEFAULT_THRESHOLD, List.of(), held))
          .as("%d held", held)
          .isEqualTo(all);
    }
  }

  @Test
  void seesThroughSizeGroundAndCompression() throws IOException {
    DrawnCreatures creatures = new DrawnCreatures(4);
    BufferedImage drawing = creatures.paint(creatures.butterfly(), true);
    write(drawing, "cut-out.png");
    BufferedImage poster = new BufferedImage(500, 400, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = poster.createGraphics();
    graphics.setColor(new Color(220, 240, 255));
    graphics.fillRect(0, 0, 500, 400);
    graphics.drawImage(drawing, 120, 30, 288, 288, null);
    graphics.dispose();
    assertThat(ImageIO.write(poster, "jpg", folder.resolve("poster.jpg").toFile())).isTrue();
    write(creatures.paint(creatures.butterfly(), true), "another.png");
    assertThat(clusters()).containsExactly(Set.of("cut-out.png", "poster.jpg"));
  }

  @Test
  void tellsPhotographsApartByLightAndDark() throws IOException {
    for (int i = 0; i < 12; i++) {
      BufferedImage scene = scene(i);
      write(scene, "scene-" + i + ".png");
      if (i < 2) {
        BufferedImage smaller = new BufferedImage(150, 100, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = smaller.createGraphics();
        graphics.drawImage(
            scene.getScaledInstance(150, 100, java.awt.Image.SCALE_SMOOTH), 0, 0, null);
        graphics.dispose();
        assertThat(ImageIO.write(smaller, "jpg", folder.resolve("scene-" + i + ".jpg").toFile()))
            .isTrue();
      }
    }
    assertThat(clusters())
        .containsExactlyInAnyOrder(
            Set.of("scene-0.png", "scene-0.jpg"), Set.of("scene-1.png", "scene-1.jpg"));
  }

  /** A picture without a ground: soft waves of chance, from edge to edge. */
  private static BufferedImage scene(int seed) {
    java.util.Random random = new java.util.Random(seed);
    double[] w = random.doubles(6, -4, 4).toArray();
    BufferedImage scene = new BufferedImage(300, 200, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 300; x++) {
        double a = Math.sin(w[0] * x / 50 + w[1] * y / 50 + w[2]);
        double b = Math.cos(w[3] * x / 40 + w[4] * y / 60 + w[5]);
        int red = (int) (127 + 60 * a + 60 * b);
        scene.setRGB(x, y, red << 16 | (int) (127 + 100 * a) << 8 | (int) (127 + 100 * b));
      }
    }
    return scene;
  }

  @Test
  void joinsEqualPicturesWithoutAThreshold() throws IOException {
    DrawnCreatures creatures = new DrawnCreatures(5);
    BufferedImage drawing = creatures.paint(creatures.creature(), false);
    write(drawing, "a.png");
    Files.copy(folder.resolve("a.png"), folder.resolve("copy-of-a.png"));
    assertThat(ImageIO.write(opaque(drawing), "bmp", folder.resolve("a.bmp").toFile())).isTrue();
    write(creatures.paint(creatures.creature(), false), "b.png");
    List<Cluster> clusters = Clustering.of(survey(), 2, List.of());
    assertThat(clusters).hasSize(1);
    assertThat(names(clusters.get(0))).containsExactlyInAnyOrder("a.png", "copy-of-a.png", "a.bmp");
    assertThat(clusters.get(0).evidence()).contains("pixels");
  }

  private static BufferedImage opaque(BufferedImage picture) {
    BufferedImage opaque =
        new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = opaque.createGraphics();
    graphics.drawImage(picture, 0, 0, null);
    graphics.dispose();
    return opaque;
  }

  /** Each is like the next; the ends are strangers, and so a chain is no cluster. */
  @Test
  void breaksChains() throws IOException {
    DrawnCreatures creatures = new DrawnCreatures(6);
    for (int i = 0; i < 9; i++) {
      write(creatures.paint(creatures.creature(), true), i + ".png");
    }
    Measure chain =
        new Measure() {
          @Override
          public String name() {
            return "chain";
          }

          @Override
          public double similarity(int a, int b) {
            return 1 - 0.1 * Math.abs(a - b);
          }

          @Override
          public double threshold() {
            return 0.85;
          }

          @Override
          public double guard() {
            return 0.75;
          }
        };
    List<Set<String>> clusters = clusters(2, List.of(chain));
    assertThat(clusters).isNotEmpty().allMatch(cluster -> cluster.size() <= 3);
  }

  /** A network's embedding plugs in as one more measure. */
  @Test
  void joinsByEmbedding() throws IOException {
    DrawnCreatures creatures = new DrawnCreatures(7);
    for (int i = 0; i < 6; i++) {
      write(creatures.paint(creatures.creature(), true), i + ".png");
    }
    int[] calls = {0};
    PictureEmbedder parity = image -> calls[0]++ % 2 == 0 ? new float[] {2, 0} : new float[] {0, 3};
    Measure embedding =
        EmbeddingMeasure.of(survey(), ImageDecoder.DEFAULT, parity, 0.9, done -> {});
    assertThat(clusters(2, List.of(embedding)))
        .containsExactlyInAnyOrder(
            Set.of("0.png", "2.png", "4.png"), Set.of("1.png", "3.png", "5.png"));
  }
}
