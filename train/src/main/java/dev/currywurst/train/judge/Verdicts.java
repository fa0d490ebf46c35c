package dev.currywurst.train.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Verdicts on the same captions side by side.
 *
 * @param columns by the painters' names, "real" for real pictures
 * @param compared real pictures that the Fréchet distances are from
 */
public record Verdicts(Map<String, Verdict> columns, int compared) {
  private static final int NARROWEST = 18;

  public Verdicts {
    columns = new LinkedHashMap<>(columns);
  }

  /**
   * Lines for people, with the range of each figure in 95 of 100 samples.
   *
   * <pre>
   * main colour right        99 % (96 to 100)  92 % (88 to 95)
   * </pre>
   */
  public String table() {
    StringBuilder table = new StringBuilder();
    List<String> names = List.copyOf(columns.keySet());
    row(table, "", names);
    Verdict first = columns.values().iterator().next();
    if (first.coloured() > 0) {
      row(table, "main colour right", cells(v -> percent(v.colour())));
    }
    row(table, "object right", cells(v -> percent(v.object())));
    row(table, "CLIP score", cells(v -> number(v.clipScore())));
    for (String name : first.distances().keySet()) {
      row(
          table,
          "Fréchet, " + name,
          cells(v -> v.distances().containsKey(name) ? number(v.distances().get(name)) : "-"));
    }
    return table.toString().stripTrailing();
  }

  private List<String> cells(Function<Verdict, String> figure) {
    return columns.values().stream().map(figure).toList();
  }

  private void row(StringBuilder table, String label, List<String> cells) {
    List<String> widths = new ArrayList<>(columns.keySet());
    table.append(String.format(Locale.ROOT, "%-20s", label));
    for (int i = 0; i < cells.size(); i++) {
      int width = Math.max(NARROWEST, widths.get(i).length());
      table.append(" ".repeat(2 + Math.max(0, width - cells.get(i).length()))).append(cells.get(i));
    }
    table.append('\n');
  }

  private static String percent(Estimate share) {
    return String.format(
        Locale.ROOT,
        "%.0f %% (%.0f to %.0f)",
        100 * share.value(),
        100 * share.low(),
        100 * share.high());
  }

  private static String number(Estimate figure) {
    double half = (figure.high() - figure.low()) / 2;
    String digits = Math.abs(figure.value()) >= 10 ? "%.1f" : "%.3f";
    return Double.isFinite(half)
        ? String.format(Locale.ROOT, digits + " ± " + digits, figure.value(), half)
        : String.format(Locale.ROOT, digits, figure.value());
  }

  /** For programs. */
  public ObjectNode toJson() {
    ObjectNode json = ConfigFile.newObject();
    json.put("compared_with", compared);
    ObjectNode all = json.putObject("results");
    columns.forEach((name, verdict) -> all.set(name, verdict.toJson()));
    return json;
  }
}
