package dev.currywurst.cli;

import dev.currywurst.blend.BlendRules;
import dev.currywurst.blend.ModelBlend;
import dev.currywurst.image.Image;
import dev.currywurst.image.PictureGrid;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.tensor.CurrywurstException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of a row of blends as pictures: prompts down, strengths across. */
final class SweepOptions {
  private static final int GAP = 8;

  @Option(
      names = "--sweep",
      paramLabel = "LIST",
      description = "Paint with each of these ALPHAs, such as 0,0.25,0.5,0.75,1; rules stay.")
  private @Nullable String alphas;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What to paint with each of them. Repeat it for several rows.")
  private List<String> prompts = List.of();

  @Option(
      names = "--sheet",
      paramLabel = "FILE.png",
      description = "The pictures, a row for each prompt and a column for each ALPHA.")
  private @Nullable Path sheet;

  @Mixin private PaintingOptions painting = new PaintingOptions();

  /** True if pictures are wanted. */
  boolean isAsked() {
    return alphas != null;
  }

  /** What can be told before anything is read. */
  void check(boolean force) {
    if (alphas == null) {
      if (sheet != null || !prompts.isEmpty()) {
        throw new CurrywurstException(
            "--prompt and --sheet are for the pictures of a --sweep; add one, such as 0,0.5,1.");
      }
      return;
    }
    if (sheet == null || prompts.isEmpty()) {
      throw new CurrywurstException(
          "A --sweep needs --prompt, for what to paint, and --sheet, for the picture's file.");
    }
    strengths();
    OutputFile.checked(sheet, force);
  }

  /** Refuses strengths that the models cannot be blended with, before anything is written. */
  void check(ModelBlend blend, BlendRules rules) {
    if (isAsked()) {
      strengths().forEach(value -> blend.changes(rules.withAlpha(value)));
    }
  }

  private List<Double> strengths() {
    List<Double> values = new ArrayList<>();
    for (String word : String.valueOf(alphas).split(",", -1)) {
      try {
        values.add(Double.parseDouble(word.strip()));
      } catch (NumberFormatException e) {
        throw new CurrywurstException(
            "The sweep %s is no list of numbers, such as 0,0.5,1.".formatted(alphas), e);
      }
    }
    return values;
  }

  /** Paints all of them; each blend is made while the networks load, none is written. */
  Path paint(ModelBlend blend, BlendRules rules, Progress progress, Interruption interruption) {
    Path file = Objects.requireNonNull(sheet, "checked before");
    List<Double> values = strengths();
    PipelineOptions options = painting.computing();
    GenerationRequest request = painting.request(prompts);
    List<List<Image>> columns = new ArrayList<>();
    for (double alpha : values) {
      PipelineOptions blended = blend.applyTo(options, rules.withAlpha(alpha));
      columns.add(new Painter(blend.basis(), blended).paint(request, progress, interruption));
    }
    progress.close();
    List<String> labels =
        values.stream().map(value -> "alpha " + PictureText.number(value)).toList();
    Png.write(new PictureGrid(labels, rows(request), GAP).draw(columns), file);
    return file;
  }

  private List<String> rows(GenerationRequest request) {
    List<String> rows = new ArrayList<>();
    for (int k = 0; k < prompts.size(); k++) {
      rows.add(prompts.get(k) + " (seed " + request.seed(k) + ")");
    }
    return rows;
  }
}
