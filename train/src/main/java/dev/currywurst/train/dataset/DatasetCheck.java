package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.train.dataset.Finding.Kind;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is wrong with a folder of captioned pictures.
 *
 * @param pictures how many there are
 * @param findings what must be mended first
 */
public record DatasetCheck(int pictures, List<Finding> findings) {
  /** A picture that shows less than this on a side is noise, whatever it was. */
  private static final int SPECK = 8;

  private static final long HUGE = 24_000_000;

  /** Of longer pictures, a square crop shows less than half. */
  private static final double LONGEST_RATIO = 2;

  private static final int NAMED = 3;
  private static final int SHOWN_OF_A_KIND = 20;

  public DatasetCheck {
    findings = findings.stream().sorted(Comparator.comparing(Finding::kind)).toList();
  }

  /**
   * What is asked of a folder.
   *
   * @param smallestSide pictures with a shorter side below this are called tiny
   * @param captionLimit what the end of a caption that a text tower does not see is
   */
  public record Demands(int smallestSide, CaptionLimit captionLimit) {}

  /** Checks a folder. */
  public static DatasetCheck of(Survey survey, Demands demands) {
    List<Finding> findings = new ArrayList<>(survey.inventory().findings());
    for (Surveyed picture : survey.pictures()) {
      picture(picture, demands, findings);
      captions(picture.entry(), demands.captionLimit(), findings);
    }
    repeatedPictures(survey, findings);
    repeatedCaptions(survey, findings);
    return new DatasetCheck(survey.pictures().size(), findings);
  }

  private static void picture(Surveyed picture, Demands demands, List<Finding> findings) {
    String name = picture.entry().name();
    if (picture.facts().isEmpty()) {
      findings.add(new Finding(Kind.PICTURE_UNREADABLE, name, picture.problem()));
      return;
    }
    PictureFacts facts = picture.known();
    int shorter = Math.min(facts.width(), facts.height());
    String size = facts.width() + "x" + facts.height();
    if (shorter < SPECK) {
      findings.add(new Finding(Kind.PICTURE_SPECK, name, "has only " + size + " pixels."));
      return;
    }
    if (shorter < demands.smallestSide()) {
      findings.add(
          new Finding(
              Kind.PICTURE_TINY, name, "has " + size + " pixels and will be enlarged much."));
    }
    if (facts.area() > HUGE) {
      findings.add(
          new Finding(Kind.PICTURE_HUGE, name, "has " + size + " pixels; reducing it saves time."));
    }
    if (facts.ratio() > LONGEST_RATIO) {
      findings.add(
          new Finding(
              Kind.PICTURE_RATIO,
              name,
              String.format(
                  Locale.ROOT,
                  "has %s pixels (1:%.1f); a square crop shows %.0f %% of it.",
                  size,
                  facts.ratio(),
                  100 / facts.ratio())));
    }
    if (facts.blank()) {
      findings.add(new Finding(Kind.PICTURE_BLANK, name, "is of one colour all over."));
    }
    if (!facts.isNamedRight(picture.entry().path())) {
      findings.add(
          new Finding(Kind.PICTURE_NAME, name, "is in fact a " + facts.format() + " file."));
    }
  }

  private static void captions(Entry entry, CaptionLimit limit, List<Finding> findings) {
    if (entry.captions().isEmpty()) {
      findings.add(new Finding(Kind.CAPTION_MISSING, entry.name(), "has no caption."));
    }
    for (String caption : entry.captions()) {
      String cut = limit.cutOff(caption);
      if (!cut.isEmpty()) {
        findings.add(
            new Finding(
                Kind.CAPTION_CUT,
                entry.name(),
                "has a caption whose end is not seen: \"" + shortened(cut) + "\"."));
      }
      if (caption.codePoints().anyMatch(DatasetCheck::isOdd)) {
        findings.add(
            new Finding(
                Kind.CAPTION_ODD,
                entry.name(),
                "has a caption with characters of a wrong encoding: \""
                    + shortened(caption)
                    + "\"."));
      }
    }
  }

  /** Control characters, and what decoders write where bytes make no sense. */
  private static boolean isOdd(int character) {
    return Character.isISOControl(character) || character == 0xfffd;
  }

  private static void repeatedPictures(Survey survey, List<Finding> findings) {
    Map<String, List<Surveyed>> same =
        survey.readable().stream()
            .collect(
                Collectors.groupingBy(
                    picture -> picture.known().pixelHash(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    for (List<Surveyed> group : same.values()) {
      if (group.size() > 1) {
        findings.add(
            new Finding(
                Kind.PICTURE_REPEATED,
                group.get(0).entry().name(),
                "is the same picture as " + names(group.subList(1, group.size())) + "."));
      }
    }
  }

  private static void repeatedCaptions(Survey survey, List<Finding> findings) {
    Map<String, List<Entry>> same = new LinkedHashMap<>();
    for (Entry entry : survey.inventory().entries()) {
      entry.captions().stream()
          .distinct()
          .forEach(caption -> same.computeIfAbsent(caption, c -> new ArrayList<>()).add(entry));
    }
    same.forEach(
        (caption, entries) -> {
          if (entries.size() > 1) {
            findings.add(
                new Finding(
                    Kind.CAPTION_REPEATED,
                    entries.get(0).name(),
                    "and %d others have the caption \"%s\"."
                        .formatted(entries.size() - 1, shortened(caption))));
          }
        });
  }

  private static String names(List<Surveyed> group) {
    String names =
        group.stream()
            .limit(NAMED)
            .map(picture -> picture.entry().name())
            .collect(Collectors.joining(", "));
    return group.size() > NAMED ? names + " and " + (group.size() - NAMED) + " more" : names;
  }

  private static String shortened(String text) {
    int longest = 80;
    String plain = text.replaceAll("\\p{Cntrl}", " ");
    return plain.codePointCount(0, plain.length()) <= longest
        ? plain
        : plain.substring(0, plain.offsetByCodePoints(0, longest)) + " ...";
  }

  /** True if something must be mended before training. */
  public boolean mustBeMended() {
    return findings.stream().anyMatch(finding -> finding.kind().mustBeMended());
  }

  private Map<Kind, List<Finding>> byKind() {
    return findings.stream()
        .collect(
            Collectors.groupingBy(
                Finding::kind, () -> new EnumMap<>(Kind.class), Collectors.toList()));
  }

  /** A line for each finding, of one kind at most twenty, and the sum. */
  public String text() {
    StringBuilder text = new StringBuilder();
    byKind()
        .forEach(
            (kind, list) -> {
              for (Finding finding : list.subList(0, Math.min(SHOWN_OF_A_KIND, list.size()))) {
                text.append(
                    "%s %s%n"
                        .formatted(
                            kind.mustBeMended() ? "ERROR  " : "warning", finding.sentence()));
              }
              if (list.size() > SHOWN_OF_A_KIND) {
                text.append(
                    "        ... and %d more of this kind (%s)%n"
                        .formatted(list.size() - SHOWN_OF_A_KIND, key(kind)));
              }
            });
    long errors = findings.stream().filter(finding -> finding.kind().mustBeMended()).count();
    text.append(
        findings.isEmpty()
            ? "%d pictures, nothing to mend.".formatted(pictures)
            : "%d pictures, %s, %s."
                .formatted(
                    pictures,
                    counted(errors, "error"),
                    counted(findings.size() - errors, "warning")));
    return text.toString();
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static String key(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** Everything, also what {@link #text} leaves out. */
  public ObjectNode json() {
    ObjectNode json =
        ConfigFile.newObject().put("pictures", pictures).put("must_be_mended", mustBeMended());
    ObjectNode counts = json.putObject("counts");
    byKind().forEach((kind, list) -> counts.put(key(kind), list.size()));
    ArrayNode list = json.putArray("findings");
    for (Finding finding : findings) {
      list.addObject()
          .put("kind", key(finding.kind()))
          .put("error", finding.kind().mustBeMended())
          .put("where", finding.where())
          .put("message", finding.message());
    }
    return json;
  }
}
