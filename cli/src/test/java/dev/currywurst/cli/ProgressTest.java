package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.cli.Progress.Unit;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bars and lines. */
class ProgressTest {
  private final StringWriter text = new StringWriter();
  private final PrintWriter err = new PrintWriter(text, true);

  @Test
  void linesTellBeginningAndEnd() {
    try (Progress progress = new ProgressLines(err, ProgressLines.CALM)) {
      for (int step = 1; step <= 5; step++) {
        progress.at("Stage C", step, 5, Unit.STEPS, Duration.ofSeconds(100 - step), List.of());
      }
      progress.at("Stage B", 1, 1, Unit.STEPS, Duration.ZERO, List.of("loss 1", "rate 2"));
      progress.say("done");
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "Stage C  1/5  1:39 left", "Stage C  5/5", "Stage B  1/1  loss 1, rate 2", "done");
  }

  @Test
  void quietLinesTellOnlyWholeSentences() {
    try (Progress progress = Progress.on(err, true)) {
      progress.at("Stage C", 1, 5, Unit.STEPS, Duration.ZERO, List.of());
      progress.say("done");
    }
    assertThat(text.toString().strip()).isEqualTo("done");
  }

  @Test
  void barsStayWithinTheTerminalAndEndTheirLines() {
    try (Progress progress = new ProgressBars(err, 60)) {
      progress.at("Stage C", 1, 2, Unit.STEPS, Duration.ofSeconds(65), List.of("loss 1"));
      progress.say("a line between");
      progress.at("Stage C", 2, 2, Unit.STEPS, Duration.ZERO, List.of("loss 1"));
      progress.at("Stage B", 1, 1, Unit.STEPS, Duration.ZERO, List.of());
      progress.at("Download", 3_000_000, 9_000_000, Unit.MEGABYTES, Duration.ZERO, List.of());
    }
    assertThat(text.toString().split("[\r\n]+"))
        .allMatch(line -> line.length() < 60)
        .contains("a line between")
        .anyMatch(line -> line.matches("Stage C +100% \\[=+] +2/2 .* loss 1 *"))
        .anyMatch(line -> line.matches("Stage B +100% \\[=+] +1/1 .*"))
        .anyMatch(line -> line.matches("Download +33% \\[=+ +] +3/9 MB .*"));
    assertThat(text.toString()).endsWith(System.lineSeparator());
    assertThat(text.toString().split("\n"))
        .as("each bar's states lie on one line")
        .satisfiesOnlyOnce(line -> assertThat(line).contains("Stage B"))
        .satisfiesOnlyOnce(line -> assertThat(line).contains("Download"));
  }

  @Test
  void clocksReadAsClocks() {
    assertThat(Progress.clock(Duration.ofMillis(41_600))).isEqualTo("0:42");
    assertThat(Progress.clock(Duration.ofSeconds(3599))).isEqualTo("59:59");
    assertThat(Progress.clock(Duration.ofSeconds(3723))).isEqualTo("1:02:03");
  }
}
