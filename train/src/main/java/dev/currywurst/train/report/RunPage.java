package dev.currywurst.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A page to watch a run by: one file that needs nothing else, neither network nor server. While the
 * run goes on, it asks the browser to read it again now and then.
 *
 * @param title of the run
 * @param state in a word or a sentence
 * @param running whether the page will change
 * @param steps of the whole run
 * @param samplesPerStep pictures that a step learns from
 * @param history so far
 * @param pace of this process
 * @param pictures newest first
 * @param settings shown as a table, nested ones by path
 */
public record RunPage(
    String title,
    String state,
    boolean running,
    long steps,
    int samplesPerStep,
    History history,
    Pace pace,
    List<Picture> pictures,
    JsonNode settings) {
  private static final int REFRESH_SECONDS = 30;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z", Locale.ROOT);

  /**
   * A sheet of samples.
   *
   * @param title what it shows
   * @param link to the whole picture, relative to the page
   * @param jpeg a copy that is small enough for the page
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed through and never compared.
  public record Picture(String title, String link, byte[] jpeg) {
    /** In the form that HTML takes. */
    private String data() {
      return "data:image/jpeg;base64," + java.util.Base64.getEncoder().encodeToString(jpeg);
    }
  }

  /**
   * Writes or replaces the page.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if that fails: the page before it stays
   */
  public void write(Path file) {
    byte[] bytes = html(ZonedDateTime.now(ZoneId.systemDefault())).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, bytes);
  }

  String html(ZonedDateTime now) {
    StringBuilder html = new StringBuilder();
    html.append(
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        """);
    if (running) {
      html.append("<meta http-equiv=\"refresh\" content=\"%d\">\n".formatted(REFRESH_SECONDS));
    }
    html.append("<title>%s</title>\n<style>\n".formatted(escaped(title)));
    html.append(style()).append("</style></head><body>\n");
    html.append("<h1>%s</h1>\n<p>%s</p>\n".formatted(escaped(title), escaped(state)));
    html.append(
        String.format(
            Locale.ROOT,
            "<div class=\"bar\"><div style=\"width:%.1f%%\"></div></div>\n",
            100.0 * history.step() / steps));
    html.append("<dl class=\"facts\">");
    for (String[] fact : facts(now)) {
      html.append("<div><dt>%s</dt><dd>%s</dd></div>".formatted(fact[0], escaped(fact[1])));
    }
    html.append("</dl>\n<div class=\"charts\">\n");
    charts().forEach(chart -> html.append(chart.html()));
    html.append("</div>\n");
    appendPictures(html);
    html.append("<details><summary>Settings</summary><table>\n");
    appendRows(html, "", settings);
    html.append("</table></details>\n<footer>Written %s</footer>\n".formatted(TIME.format(now)));
    return html.append("</body></html>\n").toString();
  }

  private List<String[]> facts(ZonedDateTime now) {
    List<String[]> facts = new ArrayList<>();
    facts.add(new String[] {"Step", "%,d of %,d".formatted(history.step(), steps)});
    double rate = pace.stepsPerSecond();
    if (rate > 0) {
      facts.add(new String[] {"Steps a second", Axis.label(rounded(rate))});
      facts.add(new String[] {"Pictures a second", Axis.label(rounded(rate * samplesPerStep))});
    }
    if (running && rate > 0) {
      Duration left = pace.remaining(steps - history.step());
      facts.add(new String[] {"Remaining", clock(left)});
      facts.add(new String[] {"Done at about", TIME.format(now.plus(left))});
    }
    if (!history.skipped().isEmpty()) {
      facts.add(
          new String[] {"Skipped steps (not finite)", "%,d".formatted(history.skipped().size())});
    }
    return facts;
  }

  private static double rounded(double rate) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.3g", rate));
  }

  private static String clock(Duration time) {
    long minutes = time.toMinutes();
    return minutes < 60
        ? "%d:%02d min".formatted(minutes, time.toSecondsPart())
        : "%d:%02d h".formatted(minutes / 60, minutes % 60);
  }

  private List<Chart> charts() {
    List<Chart> charts = new ArrayList<>();
    List<Chart.Line> loss = new ArrayList<>();
    loss.add(new Chart.Line("each step", "raw", history.loss()));
    loss.add(new Chart.Line("smoothed", "main", history.smoothLoss()));
    Series heldOut = history.heldOut().get("loss");
    if (heldOut != null) {
      loss.add(new Chart.Line("held out", "dots", heldOut));
    }
    charts.add(new Chart("Loss", steps, loss));
    history
        .heldOut()
        .forEach(
            (name, series) -> {
              if (!name.equals("loss")) {
                String title = "Held out: " + escaped(name);
                charts.add(
                    new Chart(title, steps, List.of(new Chart.Line("evaluated", "dots", series))));
              }
            });
    charts.add(chart("Gradient norm", history.gradientNorm()));
    charts.add(chart("Learning rate", history.learningRate()));
    return charts;
  }

  private Chart chart(String name, Series series) {
    return new Chart(name, steps, List.of(new Chart.Line("newest", "main", series)));
  }

  private void appendPictures(StringBuilder html) {
    if (pictures.isEmpty()) {
      return;
    }
    html.append("<section class=\"pictures\">\n");
    for (Picture picture : pictures) {
      html.append(
          "<h2>%s</h2><a href=\"%s\"><img alt=\"%1$s\" src=\"%s\"></a>\n"
              .formatted(escaped(picture.title()), escaped(picture.link()), picture.data()));
    }
    html.append("</section>\n");
  }

  private static void appendRows(StringBuilder html, String path, JsonNode node) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue().isObject()) {
        appendRows(html, path + field.getKey() + ".", field.getValue());
      } else {
        JsonNode value = field.getValue();
        html.append(
            "<tr><td>%s</td><td>%s</td></tr>\n"
                .formatted(
                    escaped(path + field.getKey()),
                    escaped(value.isTextual() ? value.asText() : value.toString())));
      }
    }
  }

  private static String style() {
    try (InputStream css = RunPage.class.getResourceAsStream("page.css")) {
      if (css == null) {
        throw new IllegalStateException("page.css is not on the class path");
      }
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("page.css cannot be read", e);
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
