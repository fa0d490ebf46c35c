package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, versions and failures. */
class MainTest {
  @Test
  void tellsWhatThereIsToDo() {
    Run help = Run.of("--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out())
        .contains(
            "generate",
            "reconstruct",
            "train",
            "judge",
            "inspect",
            "convert",
            "doctor",
            "Exit codes");
    Run nothing = Run.of();
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err()).isEqualTo(help.out());
    assertThat(Run.of("--version").out()).startsWith("currywurst ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate",
        "reconstruct",
        "train",
        "judge",
        "inspect",
        "convert",
        "blend",
        "lora",
        "doctor"
      })
  void helpsWithEachCommand(String command) {
    Run run = Run.of(command, "--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Usage: currywurst " + command);
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void suggestsCommands() {
    Run run = Run.of("generat", "a fox");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("generate", "Try: currywurst --help");
  }

  /** What is misspelt is missing too; options are called as we call them. */
  @Test
  void tellsOfMisspeltAndOfMissingOptions() {
    Run misspelt = Run.of("finetune", "--modle", "pocket");
    assertThat(misspelt.exitCode()).isEqualTo(2);
    assertThat(misspelt.err()).startsWith("Unknown option: '--modle'").contains("--model");
    assertThat(Run.of("finetune", "--no-use-ema").err()).startsWith("Missing required option");
    assertThat(Run.of("finetune", "--learning_rate=1e-4").err())
        .as("diffusers' spelling is none")
        .startsWith("Missing required options: ");
    assertThat(Run.of("finetune", "--steps", "4").err())
        .startsWith("Missing required options: '--model=DIR|NAME', '--data=DIR', '--output=DIR'");
  }

  @Test
  void keepsTheDetailsOfAnUnexpectedFailure() throws IOException {
    StringWriter err = new StringWriter();
    int exitCode =
        new Failures(() -> false)
            .report(new IllegalStateException("two heads"), new PrintWriter(err, true));
    assertThat(exitCode).isEqualTo(1);
    assertThat(err.toString().strip().lines()).hasSize(1);
    assertThat(err.toString()).contains("two heads");
    Matcher file = Pattern.compile("the details are in (\\S+)\\.\\s*$").matcher(err.toString());
    assertThat(file.find()).isTrue();
    Path details = Path.of(file.group(1));
    assertThat(details)
        .content()
        .contains("java.version", "IllegalStateException: two heads", "at dev.currywurst.cli");
    Files.delete(details);
  }

  @Test
  void printsTheTraceWhenDebugging() {
    StringWriter err = new StringWriter();
    new Failures(() -> true)
        .report(new IllegalStateException("two heads"), new PrintWriter(err, true));
    assertThat(err.toString())
        .contains("IllegalStateException: two heads", "at dev.currywurst.cli");
    Run run = Run.of("inspect", "no such model", "--debug");
    assertThat(run.err()).contains("There is no folder no such model", "at dev.currywurst");
  }
}
