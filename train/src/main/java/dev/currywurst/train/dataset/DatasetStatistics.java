package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Resize;
import dev.currywurst.train.dataset.Clustering.Cluster;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Figures of a folder of captioned pictures.
 *
 * @param pictures how many there are
 * @param readable how many can be opened
 * @param bytes of the files that can
 * @param shorterSide their shorter sides in pixels
 * @param longerSide their longer sides
 * @param sizes how many have which size, the most frequent first
 * @param ratios how many have which width to height, from upright to lying
 * @param formats how many are in which format
 * @param modes how many use which channels
 * @param colours how many have which main colour
 * @param captioned how many have a caption
 * @param captions how many captions there are
 * @param distinctCaptions how many of them differ
 * @param captionWords their lengths in words
 * @param words the most frequent words and in how many captions they are
 * @param equal how many pictures have an equal one
 * @param alike how many have one that is nearly the same
 * @param clusters how many clusters these form
 */
public record DatasetStatistics(
    int pictures,
    int readable,
    long bytes,
    Spread shorterSide,
    Spread longerSide,
    Map<String, Integer> sizes,
    Map<String, Integer> ratios,
    Map<String, Integer> formats,
    Map<String, Integer> modes,
    Map<String, Integer> colours,
    int captioned,
    int captions,
    int distinctCaptions,
    Spread captionWords,
    Map<String, Integer> words,
    int equal,
    int alike,
    int clusters) {
  private static final int LISTED = 10;
  private static final int WORDS = 30;
  private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}'-]+");

  /** Words that say nothing about a picture. */
  private static final Set<String> FILLERS =
      Set.of(
          "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "its", "of",
          "on", "or", "the", "to", "with");

  /** Least, quartiles and most of some numbers; all 0 if there are none. */
  public record Spread(int least, int lower, int median, int upper, int most) {
    static Spread of(Stream<Integer> values) {
      int[] sorted = values.mapToInt(Integer::intValue).sorted().toArray();
      return sorted.length == 0
          ? new Spread(0, 0, 0, 0, 0)
          : new Spread(
              sorted[0],
              sorted[(sorted.length - 1) / 4],
              sorted[(sorted.length - 1) / 2],
              sorted[(sorted.length - 1) * 3 / 4],
              sorted[sorted.length - 1]);
    }

    @Override
    public String toString() {
      return "%d to %d, median %d, middle half %d to %d"
          .formatted(least, most, median, lower, upper);
    }

    private ObjectNode json() {
      return ConfigFile.newObject()
          .put("least", least)
          .put("lower_quartile", lower)
          .put("median", median)
          .put("upper_quartile", upper)
          .put("most", most);
    }
  }

  /** Counts. */
  public static DatasetStatistics of(Survey survey) {
    List<PictureFacts> facts = survey.readable().stream().map(Surveyed::known).toList();
    List<Entry> entries = survey.inventory().entries();
    List<String> captions = entries.stream().flatMap(e -> e.captions().stream()).toList();
    List<Cluster> equal = Clustering.of(survey, 2, List.of());
    List<Cluster> alike = Clustering.of(survey, LookMeasure.DEFAULT_THRESHOLD, List.of());
    return new DatasetStatistics(
        entries.size(),
        facts.size(),
        facts.stream().mapToLong(PictureFacts::bytes).sum(),
        Spread.of(facts.stream().map(f -> Math.min(f.width(), f.height()))),
        Spread.of(facts.stream().map(f -> Math.max(f.width(), f.height()))),
        frequent(facts.stream().map(f -> f.width() + "x" + f.height())),
        byRatio(facts),
        frequent(facts.stream().map(f -> f.format().toString())),
        frequent(facts.stream().map(f -> f.mode().toString())),
        frequent(facts.stream().map(f -> f.mainColour().word())),
        (int) entries.stream().filter(e -> !e.captions().isEmpty()).count(),
        captions.size(),
        (int) captions.stream().distinct().count(),
        Spread.of(captions.stream().map(c -> c.split("\\s+").length)),
        first(frequent(captions.stream().flatMap(DatasetStatistics::telling)), WORDS),
        equal.stream().mapToInt(Cluster::size).sum(),
        alike.stream().mapToInt(Cluster::size).sum(),
        alike.size());
  }

  private static Stream<String> telling(String caption) {
    return BETWEEN_WORDS
        .splitAsStream(caption.toLowerCase(Locale.ROOT))
        .filter(word -> !word.isEmpty() && !FILLERS.contains(word))
        .distinct();
  }

  private static Map<String, Integer> frequent(Stream<String> values) {
    Map<String, Integer> counts =
        values.collect(Collectors.toMap(Function.identity(), v -> 1, Integer::sum, TreeMap::new));
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, LinkedHashMap::new));
  }

  private static Map<String, Integer> first(Map<String, Integer> counts, int most) {
    return counts.entrySet().stream()
        .limit(most)
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, LinkedHashMap::new));
  }

  private static Map<String, Integer> byRatio(List<PictureFacts> facts) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Ratio ratio : Ratio.values()) {
      int count = (int) facts.stream().filter(f -> ratio == Ratio.of(f)).count();
      if (count > 0) {
        counts.put(ratio.text, count);
      }
    }
    return counts;
  }

  /** Usual ratios; a picture counts for the nearest one. */
  private enum Ratio {
    SLIM("1:2 or slimmer", 0.5),
    UPRIGHT_9_16("9:16", 9.0 / 16),
    UPRIGHT_2_3("2:3", 2.0 / 3),
    UPRIGHT_3_4("3:4", 3.0 / 4),
    SQUARE("1:1", 1),
    LYING_4_3("4:3", 4.0 / 3),
    LYING_3_2("3:2", 3.0 / 2),
    LYING_16_9("16:9", 16.0 / 9),
    WIDE("2:1 or wider", 2);

    private final String text;
    private final double value;

    Ratio(String text, double value) {
      this.text = text;
      this.value = value;
    }

    static Ratio of(PictureFacts facts) {
      double ratio = (double) facts.width() / facts.height();
      return Stream.of(values())
          .min(Comparator.comparingDouble(r -> Math.abs(Math.log(r.value / ratio))))
          .orElseThrow();
    }
  }

  /** A few lines. */
  public String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "pictures        %d%s, %.1f MB"
            .formatted(
                pictures,
                readable < pictures ? " (%d unreadable)".formatted(pictures - readable) : "",
                bytes / 1e6));
    lines.add("shorter side    " + shorterSide + " pixels");
    lines.add("longer side     " + longerSide + " pixels");
    lines.add("sizes           " + list(sizes));
    lines.add("ratios          " + list(ratios));
    lines.add("formats         " + list(formats));
    lines.add("modes           " + list(modes));
    lines.add("main colours    " + list(colours));
    lines.add("captioned       %d of %d".formatted(captioned, pictures));
    lines.add("captions        %d, %d of them different".formatted(captions, distinctCaptions));
    lines.add("caption length  " + captionWords + " words");
    lines.add("words           " + list(words));
    lines.add("equal           %d pictures".formatted(equal));
    lines.add("nearly the same %d pictures in %d clusters".formatted(alike, clusters));
    return String.join(System.lineSeparator(), lines);
  }

  private static String list(Map<String, Integer> counts) {
    String shown =
        counts.entrySet().stream()
            .limit(LISTED)
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
    return counts.size() > LISTED ? shown + " and " + (counts.size() - LISTED) + " others" : shown;
  }

  /** All figures. */
  public ObjectNode json() {
    ObjectNode json =
        ConfigFile.newObject()
            .put("pictures", pictures)
            .put("readable", readable)
            .put("bytes", bytes);
    json.set("shorter_side", shorterSide.json());
    json.set("longer_side", longerSide.json());
    put(json, "sizes", sizes);
    put(json, "ratios", ratios);
    put(json, "formats", formats);
    put(json, "modes", modes);
    put(json, "main_colours", colours);
    json.put("captioned", captioned)
        .put("captions", captions)
        .put("distinct_captions", distinctCaptions);
    json.set("caption_words", captionWords.json());
    put(json, "words", words);
    return json.put("equal", equal).put("nearly_the_same", alike).put("clusters", clusters);
  }

  private static void put(ObjectNode json, String name, Map<String, Integer> counts) {
    ObjectNode node = json.putObject(name);
    counts.forEach(node::put);
  }

  /**
   * Pictures spread evenly over the folder, with their captions.
   *
   * @param most how many at most
   */
  public static Image sheet(Survey survey, ImageDecoder decoder, int most) {
    int side = 128;
    List<Surveyed> all = survey.readable();
    int count = Math.min(most, all.size());
    List<ContactSheet.Cell> cells = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Entry entry = all.get((int) ((long) i * all.size() / count)).entry();
      cells.add(
          new ContactSheet.Cell(
              Resize.within(entry.onWhite(decoder), side, Resize.Filter.BILINEAR),
              entry.captions().isEmpty() ? entry.name() : entry.captions().get(0)));
    }
    return new ContactSheet((int) Math.ceil(Math.sqrt(count)), 2, 6).draw(cells);
  }
}
