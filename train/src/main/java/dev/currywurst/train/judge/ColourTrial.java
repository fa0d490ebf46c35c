package dev.currywurst.train.judge;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageLoader;
import dev.currywurst.train.data.LoadReport;
import dev.currywurst.train.judge.ColourReport.Sighting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Does a model paint the colours that prompts name? Prompts are captions of real pictures, spread
 * over the colours that captions name; the real pictures tell how far the judge can be trusted.
 *
 * @param prompts that a model is asked to paint
 */
public record ColourTrial(List<String> prompts) {
  private static final int COLUMNS = 10;
  private static final int CAPTION_LINES = 4;
  private static final int GAP = 6;

  /** The longer side of a picture on the sheet, at most. */
  private static final int SHOWN = 256;

  public ColourTrial {
    prompts = List.copyOf(prompts);
  }

  /**
   * Takes captions that name a colour, the next one for each colour in turn, until there are {@code
   * count}. Where all were taken, the first ones come again: the seeds differ.
   *
   * @param images whose first captions are taken
   * @throws CurrywurstException if no caption names a colour
   */
  public static ColourTrial of(List<CaptionedImage> images, int count) {
    Map<Colour, Set<String>> byColour = new EnumMap<>(Colour.class);
    for (CaptionedImage image : images) {
      Colour.firstIn(image.caption())
          .ifPresent(
              colour ->
                  byColour
                      .computeIfAbsent(colour, c -> new LinkedHashSet<>())
                      .add(image.caption()));
    }
    if (byColour.isEmpty()) {
      throw new CurrywurstException(
          "None of the %d captions names a colour, so there is nothing to judge; the judge knows %s."
              .formatted(
                  images.size(),
                  Arrays.stream(Colour.values())
                      .map(Colour::word)
                      .collect(Collectors.joining(", "))));
    }
    List<List<String>> lists = new ArrayList<>();
    byColour.values().forEach(captions -> lists.add(List.copyOf(captions)));
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> ofColour = lists.get(i % lists.size());
      prompts.add(ofColour.get(i / lists.size() % ofColour.size()));
    }
    return new ColourTrial(prompts);
  }

  /**
   * What real pictures show.
   *
   * @param colours of those whose caption names one
   * @param loaded what could not be read
   */
  public record Real(ColourReport colours, LoadReport loaded) {}

  /**
   * Judges real pictures by their first captions.
   *
   * @throws CurrywurstException if too many are broken
   */
  public static Real judge(List<CaptionedImage> images) {
    List<CaptionedImage> naming =
        images.stream().filter(image -> Colour.firstIn(image.caption()).isPresent()).toList();
    ImageLoader.Loaded<Colour> loaded =
        ImageLoader.DEFAULT.load(
            naming, picture -> ColourJudge.mainColour(picture.flatten(Rgb.WHITE)));
    return new Real(
        ColourReport.of(
            loaded.samples().stream()
                .map(sample -> new Sighting(sample.source().caption(), sample.picture()))
                .toList()),
        loaded.report());
  }

  /** A picture that a model painted, and the main colour that the judge sees in it. */
  public record Painted(String prompt, long seed, Image picture, Colour seen) {
    /** What the prompt asks for. */
    public Colour asked() {
      return Colour.firstIn(prompt).orElseThrow();
    }
  }

  /**
   * Paints all prompts, picture k with the request's seed + k.
   *
   * @param settings gives a request its steps, guidance, size and seed
   * @throws dev.currywurst.pipeline.GenerationCancelledException if the listener ends it
   */
  public List<Painted> paint(
      WuerstchenPipeline pipeline,
      UnaryOperator<GenerationRequest> settings,
      GenerationListener listener) {
    List<Painted> all = new ArrayList<>();
    GenerationRequest request = settings.apply(GenerationRequest.of(prompts));
    for (GeneratedImage one : pipeline.generate(request, listener).images()) {
      Colour seen = ColourJudge.mainColour(one.image());
      all.add(new Painted(one.prompt(), one.seed(), one.image(), seen));
    }
    return all;
  }

  /** What painted pictures show. */
  public static ColourReport report(List<Painted> painted) {
    return ColourReport.of(
        painted.stream().map(one -> new Sighting(one.prompt(), one.seen())).toList());
  }

  /**
   * All pictures on one, those that were asked to be of one colour together, each with what the
   * judge sees and its prompt below, such as {@code (orange) a red fish}.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Image sheet(List<Painted> painted) {
    return new ContactSheet(COLUMNS, CAPTION_LINES, GAP)
        .draw(
            painted.stream()
                .sorted(Comparator.comparing(Painted::asked))
                .map(
                    one ->
                        new ContactSheet.Cell(
                            shown(one.picture()),
                            "(%s) %s".formatted(one.seen().word(), one.prompt())))
                .toList());
  }

  private static Image shown(Image picture) {
    double excess = (double) Math.max(picture.width(), picture.height()) / SHOWN;
    return excess <= 1
        ? picture
        : Resize.resize(
            picture,
            Math.max(1, (int) Math.rint(picture.width() / excess)),
            Math.max(1, (int) Math.rint(picture.height() / excess)),
            Resize.Filter.BILINEAR);
  }
}
