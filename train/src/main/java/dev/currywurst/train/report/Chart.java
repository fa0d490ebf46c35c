package dev.currywurst.train.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Curves over steps, as a piece of a page: lines in a drawing that stretches to any width, and
 * labels beside it as text, so that they stay readable on a phone.
 *
 * @param title what is drawn
 * @param steps of the whole run
 * @param lines drawn in this order
 */
record Chart(String title, long steps, List<Line> lines) {
  private static final double WIDTH = 1000;
  private static final double HEIGHT = 300;

  /**
   * One curve.
   *
   * @param look a class of the page's style: {@code raw}, {@code main} or {@code dots}
   */
  record Line(String name, String look, Series series) {}

  /** Empty if there is nothing to draw. */
  String html() {
    List<Line> drawn = lines.stream().filter(line -> !line.series().isEmpty()).toList();
    if (drawn.isEmpty()) {
      return "";
    }
    Axis across = Axis.ofSteps(steps);
    Axis up = Axis.of(drawn.stream().map(Line::series).toList());
    StringBuilder html = new StringBuilder();
    html.append("<section class=\"chart\"><h2>%s</h2><p class=\"legend\">".formatted(title));
    for (Line line : drawn) {
      List<Series.Point> points = line.series().points();
      html.append(
          "<span class=\"%s\">%s <b>%s</b></span>"
              .formatted(
                  line.look(), line.name(), Axis.label(points.get(points.size() - 1).value())));
    }
    html.append("</p><div class=\"plot\"><div class=\"y\">");
    for (double tick : up.ticks()) {
      html.append(at("<i style=\"bottom:%.2f%%\">%s</i>", 100 * up.at(tick), Axis.label(tick)));
    }
    html.append("</div><div class=\"x\">");
    for (double tick : across.ticks()) {
      html.append(at("<i style=\"left:%.2f%%\">%s</i>", 100 * across.at(tick), Axis.label(tick)));
    }
    html.append(
        at(
            "</div><svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\""
                + " aria-label=\"",
            WIDTH, HEIGHT));
    html.append(title).append("\">");
    for (double tick : up.ticks()) {
      double y = HEIGHT * (1 - up.at(tick));
      html.append(at("<path class=\"grid\" d=\"M0 %.1fH%.0f\"/>", y, WIDTH));
    }
    for (Line line : drawn) {
      html.append("<path class=\"%s\" d=\"%s\"/>".formatted(line.look(), path(line, across, up)));
    }
    return html.append("</svg></div></section>\n").toString();
  }

  private static String at(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** A single point becomes a line of no length, which round ends make a dot. */
  private static String path(Line line, Axis across, Axis up) {
    List<String> moves = new ArrayList<>();
    boolean dots = line.look().equals("dots");
    for (Series.Point point : line.series().points()) {
      String place =
          at(
              "%.1f %.1f",
              WIDTH * across.at((double) point.step()), HEIGHT * (1 - up.at(point.value())));
      moves.add(dots ? "M" + place + "h0" : (moves.isEmpty() ? "M" : "L") + place);
    }
    return String.join("", moves) + (moves.size() == 1 ? "h0" : "");
  }
}
