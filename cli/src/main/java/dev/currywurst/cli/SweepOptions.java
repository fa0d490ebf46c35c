package dev.currywurst.cli;

import dev.currywurst.blend.BlendRules;
import dev.currywurst.blend.ModelBlend;
import dev.currywurst.image.Image;
import dev.currywurst.image.PictureGrid;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
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

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the first row's pictures; the next row has the next. Default: 0")
  private long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Equal steps of Stage C. Default: the recommended list of 29 unequal ones.")
  private @Nullable Integer steps;

  @Option(
      names = "--guidance",
      paramLabel = "X",
      defaultValue = "4",
      description = "How much Stage C follows the prompt. Default: 4")
  private double guidance;

  @Mixin private DecoderOptions decoder = new DecoderOptions();
  @Mixin private SizeOptions size = new SizeOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

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
    PipelineOptions options = compute.apply();
    GenerationRequest request = request();
    List<List<Image>> columns = new ArrayList<>();
    for (double alpha : values) {
      List<Image> column = new ArrayList<>();
      PipelineOptions blended = blend.applyTo(options, rules.withAlpha(alpha));
      try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(blend.basis(), blended)) {
        pipeline.paint(
            request,
            new GenerationProgress(
                progress, interruption, step -> {}, picture -> column.add(picture.image())));
      }
      columns.add(column);
    }
    progress.close();
    List<Image> pictures = new ArrayList<>();
    for (int row = 0; row < prompts.size(); row++) {
      for (List<Image> column : columns) {
        pictures.add(column.get(row));
      }
    }
    List<String> labels =
        values.stream().map(value -> "alpha " + PictureText.number(value)).toList();
    Png.write(new PictureGrid(labels, rows(request), GAP).draw(pictures), file);
    return file;
  }

  private List<String> rows(GenerationRequest request) {
    List<String> rows = new ArrayList<>();
    for (int k = 0; k < prompts.size(); k++) {
      rows.add(prompts.get(k) + " (seed " + request.seed(k) + ")");
    }
    return rows;
  }

  private GenerationRequest request() {
    GenerationRequest request =
        size.of(
            GenerationRequest.of(prompts)
                .withSeed(seed)
                .withDecoderSteps(decoder.steps())
                .withGuidance(guidance)
                .withDecoderGuidance(decoder.guidance()));
    return steps == null ? request : request.withSteps(steps);
  }
}
