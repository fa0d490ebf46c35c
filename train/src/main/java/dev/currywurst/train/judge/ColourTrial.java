package dev.currywurst.train.judge;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
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
import java.util.stream.Collectors;

/**
 * Does a model paint the colours that prompts name? Prompts are captions of real pictures, spread
 * over the colours that captions name; the real pictures tell how far the judge can be trusted.
 *
 * @param prompts that a model is asked to paint
 */
public record ColourTrial(List<String> prompts) {
  private static final int LEAST_COLUMNS = 10;

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

  /**
   * What a model painted.
   *
   * @param picture as small as it is shown
   * @param seen the main colour that the judge sees in it
   */
  public record Painted(String prompt, long seed, Image picture, Colour seen) {
    /** What the prompt asks for. */
    public Colour asked() {
      return Colour.firstIn(prompt).orElseThrow();
    }
  }

  /**
   * Judges one of the pictures that a model painted. Only a small one is kept, so that memory holds
   * many.
   *
   * @param prompt one of {@link #prompts}
   */
  public Painted judged(String prompt, long seed, Image picture) {
    Image shown = Resize.within(picture, SHOWN, Resize.Filter.BILINEAR);
    Image small = sheetOf(prompts.size()).shrunk(shown, prompts.size());
    return new Painted(prompt, seed, small, ColourJudge.mainColour(picture));
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
    return sheetOf(painted.size())
        .draw(
            painted.stream()
                .sorted(Comparator.comparing(Painted::asked))
                .map(
                    one ->
                        new ContactSheet.Cell(
                            one.picture(), "(%s) %s".formatted(one.seen().word(), one.prompt())))
                .toList());
  }

  private static ContactSheet sheetOf(int pictures) {
    return new ContactSheet(Math.max(LEAST_COLUMNS, (int) Math.ceil(Math.sqrt(pictures))), 4, 6);
  }
}
