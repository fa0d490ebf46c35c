package dev.currywurst.train.judge;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.source.Columns;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.world.Drawing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Captions to be painted, and pictures to lay what was painted beside.
 *
 * @param asked what a model is asked to paint
 * @param others real pictures that it is not asked for: what its pictures are compared with
 */
public record TestSet(List<TestCase> asked, List<TestCase> others) {
  private static final String METADATA = "metadata.jsonl";

  /** More real pictures tell hardly more. */
  private static final int MOST_OTHERS = 1000;

  public TestSet {
    asked = List.copyOf(asked);
    others = List.copyOf(others);
  }

  /** What is to be known of figures if there are fewer captions than pictures to paint. */
  public Optional<String> repetition() {
    int different = Set.copyOf(asked).size();
    return different == asked.size()
        ? Optional.empty()
        : Optional.of(
            "There are %d captions for %d pictures: they come again with other seeds, so the ranges are too narrow, and Fréchet distances are from the very pictures of the captions."
                .formatted(different, asked.size()));
  }

  /** All of a test set, those asked for first. */
  public List<TestCase> all() {
    List<TestCase> all = new ArrayList<>(asked);
    all.addAll(others);
    return all;
  }

  /**
   * Draws things in colours that no drawing for training combines.
   *
   * @param count of captions to be painted
   * @param others real pictures beside
   * @param side of the pictures, in pixels
   */
  public static TestSet drawn(int count, int others, long seed, int side) {
    List<TestCase> cases = new ArrayList<>();
    for (int i = 0; i < count + others; i++) {
      Drawing drawing = Drawing.of(Drawing.Kind.HELD_BACK, seed, i, side);
      cases.add(
          new TestCase(
              drawing.captions().get(0),
              Colour.named(drawing.tint().word()),
              Optional.of(drawing.subject()),
              Optional.of(drawing::image)));
    }
    return new TestSet(cases.subList(0, count), cases.subList(count, cases.size()));
  }

  /**
   * Reads captioned pictures as training takes them, or a file of lines such as {@code {"text": "a
   * red house", "color": "red", "subject": "house", "file_name": "7.png"}}, of which only the text
   * must be there. A folder's {@code metadata.jsonl} may have {@code color} and {@code subject}
   * too.
   *
   * @param count of captions to be painted, drawn at random. Where there are fewer, the first ones
   *     come again: the seeds differ.
   * @throws CurrywurstException if there are none, or a line is broken
   */
  public static TestSet read(Path data, int count, long seed) {
    List<TestCase> cases = new ArrayList<>(isLines(data) ? ofLines(data) : ofPictures(data));
    if (cases.isEmpty()) {
      throw new CurrywurstException(data + " has no captions; give at least one.");
    }
    return drawn(cases, count, seed);
  }

  /**
   * As {@link #read}, of these pictures: their first captions are asked for.
   *
   * @throws CurrywurstException if there are none
   */
  public static TestSet of(List<CaptionedImage> images, int count, long seed) {
    if (images.isEmpty()) {
      throw new CurrywurstException(
          "The run held no pictures back to be judged by; give --model and --data in place of --run.");
    }
    return drawn(
        images.stream().map(image -> ofImage(image, null)).collect(Collectors.toList()),
        count,
        seed);
  }

  private static TestSet drawn(List<TestCase> cases, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = cases.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      TestCase one = cases.get(i);
      cases.set(i, cases.get(j));
      cases.set(j, one);
    }
    List<TestCase> asked = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      asked.add(cases.get(i % cases.size()));
    }
    // Where all are asked for, those it is compared with are the very pictures of the captions.
    int left = cases.size() - count;
    List<TestCase> others = left >= count ? cases.subList(count, cases.size()) : cases;
    return new TestSet(asked, others.subList(0, Math.min(MOST_OTHERS, others.size())));
  }

  private static boolean isLines(Path data) {
    Path name = data.getFileName();
    return Files.isRegularFile(data) && name != null && name.toString().endsWith(".jsonl");
  }

  private static List<TestCase> ofPictures(Path folder) {
    List<CaptionedImage> images = Dataset.open(folder, Columns.USUAL).images();
    Map<Path, JsonNode> known = new HashMap<>();
    Path metadata = folder.resolve(METADATA);
    if (Files.isRegularFile(metadata)) {
      for (Line line : lines(metadata)) {
        known.put(folder.resolve(line.json.path("file_name").asText()).normalize(), line.json);
      }
    }
    return images.stream()
        .map(image -> ofImage(image, known.get(image.file().normalize())))
        .toList();
  }

  private static TestCase ofImage(CaptionedImage image, @Nullable JsonNode known) {
    return TestCase.of(
        image.caption(),
        known == null ? Optional.empty() : colour(known),
        known == null ? Optional.empty() : text(known, "subject"),
        Optional.of(() -> picture(image)));
  }

  private static List<TestCase> ofLines(Path file) {
    List<TestCase> cases = new ArrayList<>();
    for (Line line : lines(file)) {
      JsonNode texts = line.json.path("text");
      JsonNode first = texts.isArray() ? texts.path(0) : texts;
      if (!first.isTextual() || first.textValue().isBlank()) {
        throw new CurrywurstException(line.where + " has no caption under \"text\".");
      }
      Optional<Path> picture = text(line.json, "file_name").map(name -> file.resolveSibling(name));
      picture
          .filter(path -> !Files.isRegularFile(path))
          .ifPresent(
              path -> {
                throw new CurrywurstException(
                    line.where + " names the picture " + path + ", which is not there.");
              });
      cases.add(
          TestCase.of(
              first.textValue().strip(),
              colour(line.json),
              text(line.json, "subject"),
              picture.map(TestSet::reader)));
    }
    return cases;
  }

  private static Image picture(CaptionedImage image) {
    return ImageDecoder.DEFAULT.decode(image.picture().read(), image.name()).flatten(Rgb.WHITE);
  }

  private static Supplier<Image> reader(Path file) {
    return () -> ImageDecoder.DEFAULT.read(file, Rgb.WHITE);
  }

  private static Optional<Colour> colour(JsonNode line) {
    return text(line, "color").flatMap(Colour::named);
  }

  private static Optional<String> text(JsonNode line, String name) {
    return Optional.of(line.path(name)).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  private record Line(String where, JsonNode json) {}

  private static List<Line> lines(Path file) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String line : Arrays.asList(content(file).split("\n", -1))) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String where = file + ", line " + number;
      lines.add(new Line(where, CaptionFields.parse(line, where)));
    }
    return lines;
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read as text: " + e.getMessage() + ".", e);
    }
  }
}
