package dev.currywurst.train.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a model paints for texts that name colours, beside what the same judge finds in real
 * pictures with such captions: a model can't be expected to do better than they.
 *
 * @param painted by the model
 * @param real pictures
 */
public record ColourComparison(ColourReport painted, ColourReport real) {
  private static final int NAMED = 3;

  /**
   * Lines for people: all colours, then each.
   *
   * <pre>{@code
   * colour  asked painted   real  painted instead
   * all       100    41 %   62 %
   * red        10    50 %   66 %  brown 3, orange 2
   * }</pre>
   */
  public String table() {
    StringBuilder table = new StringBuilder("colour  asked painted   real  painted instead");
    row(table, "all", painted.asked(), painted.agreement(), real.agreementAsIn(painted), "");
    for (Colour colour : painted.seen().keySet()) {
      row(
          table,
          colour.word(),
          painted.asked(colour),
          painted.agreement(colour),
          real.agreement(colour),
          instead(colour));
    }
    return table.toString();
  }

  private static void row(
      StringBuilder table, String name, int asked, double painted, double real, String instead) {
    String line =
        String.format(
            Locale.ROOT,
            "%-7s %5d %5.0f %% %4.0f %%  %s",
            name,
            asked,
            100 * painted,
            100 * real,
            instead);
    table.append('\n').append(line.stripTrailing());
  }

  /** The most frequent wrong colours. */
  private String instead(Colour asked) {
    return painted.seen().getOrDefault(asked, Map.of()).entrySet().stream()
        .filter(seen -> seen.getKey() != asked)
        .sorted(Map.Entry.<Colour, Integer>comparingByValue().reversed())
        .limit(NAMED)
        .map(seen -> seen.getKey().word() + " " + seen.getValue())
        .collect(Collectors.joining(", "));
  }

  /** The same for programs: shares from 0 to 1, and the counts that they come from. */
  public ObjectNode toJson() {
    ObjectNode json = ConfigFile.newObject();
    json.putObject("agreement")
        .put("painted", painted.agreement())
        .put("real", real.agreementAsIn(painted))
        .put("by_chance", painted.chance());
    ObjectNode colours = json.putObject("colours");
    for (Colour colour : painted.seen().keySet()) {
      ObjectNode one = colours.putObject(colour.word());
      counts(one.putObject("painted"), painted, colour);
      counts(one.putObject("real"), real, colour);
    }
    return json;
  }

  private static void counts(ObjectNode json, ColourReport report, Colour asked) {
    report
        .seen()
        .getOrDefault(asked, Map.of())
        .forEach((colour, count) -> json.put(colour.word(), count));
  }
}
