package dev.currywurst.pipeline;

import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.tensor.CurrywurstException;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * What to paint.
 *
 * <pre>{@code
 * GenerationRequest.of("a small green dragon").withSeed(7).withSize(1024, 768).withSteps(20)
 * }</pre>
 *
 * @param prompts at least one, none of them blank
 * @param negativePrompts what the pictures should not be: none, one for all prompts, or one each.
 *     Without guidance they change nothing.
 * @param imagesPerPrompt pictures for each prompt
 * @param seed of the first picture; picture k has seed + k, so that it can be made again alone
 * @param timesteps Stage C's noise levels
 * @param decoderTimesteps Stage B's noise levels
 * @param guidance how strongly Stage C leaves the negative prompt behind; up to 1 means not at all
 * @param decoderGuidance the same in Stage B
 * @param width of the picture; empty for the model's own
 * @param height of the picture; empty for the model's own
 */
public record GenerationRequest(
    List<String> prompts,
    List<String> negativePrompts,
    int imagesPerPrompt,
    long seed,
    Timesteps timesteps,
    Timesteps decoderTimesteps,
    double guidance,
    double decoderGuidance,
    OptionalInt width,
    OptionalInt height) {
  /** Pictures of one call, so that a mistyped number is told instead of obeyed. */
  private static final long MOST_PICTURES = 100_000;

  private static final int DECODER_STEPS = 12;
  private static final double GUIDANCE = 4.0;

  /**
   * Checks what can be told without a model.
   *
   * @throws CurrywurstException if a prompt is blank, a number is out of its range, or there are
   *     more negative prompts than one but not one for each prompt
   */
  public GenerationRequest {
    prompts = List.copyOf(prompts);
    negativePrompts = List.copyOf(negativePrompts);
    if (prompts.isEmpty()) {
      throw new CurrywurstException("There is no prompt; say what to paint.");
    }
    for (int i = 0; i < prompts.size(); i++) {
      if (prompts.get(i).isBlank()) {
        throw new CurrywurstException(
            prompts.size() == 1
                ? "The prompt is empty; say what to paint."
                : "Prompt %d of %d is empty; say what to paint.".formatted(i + 1, prompts.size()));
      }
    }
    if (negativePrompts.size() > 1 && negativePrompts.size() != prompts.size()) {
      throw new CurrywurstException(
          "There are %d negative prompts for %d prompts; give one for all, or one each."
              .formatted(negativePrompts.size(), prompts.size()));
    }
    if (imagesPerPrompt < 1 || (long) imagesPerPrompt * prompts.size() > MOST_PICTURES) {
      throw new CurrywurstException(
          "The number of pictures per prompt is %d; give at least 1, and at most %d pictures in all."
              .formatted(imagesPerPrompt, MOST_PICTURES));
    }
    checkGuidance("guidance", guidance);
    checkGuidance("decoder guidance", decoderGuidance);
    // Says at once what is wrong with a side, also where the other one is the model's.
    new PictureSize(width.orElse(1), height.orElse(1));
  }

  private static void checkGuidance(String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new CurrywurstException(
          "The %s is %s; give a number of at least 0 (1 and less mean none)."
              .formatted(name, value));
    }
  }

  /** One picture for each prompt, everything else as published: 29 and 12 steps, guidance 4. */
  public static GenerationRequest of(String... prompts) {
    return of(List.of(prompts));
  }

  /** As {@link #of(String...)}. */
  public static GenerationRequest of(List<String> prompts) {
    return new GenerationRequest(
        prompts,
        List.of(),
        1,
        0,
        Timesteps.STAGE_C,
        Timesteps.evenlySpaced(DECODER_STEPS),
        GUIDANCE,
        0.0,
        OptionalInt.empty(),
        OptionalInt.empty());
  }

  /** With other prompts and everything else as it is. */
  public GenerationRequest withPrompts(List<String> newPrompts) {
    return with(copy -> copy.prompts = newPrompts);
  }

  /** With one negative prompt for all prompts, or one for each. */
  public GenerationRequest withNegativePrompts(String... negatives) {
    return withNegativePrompts(List.of(negatives));
  }

  /** As {@link #withNegativePrompts(String...)}. */
  public GenerationRequest withNegativePrompts(List<String> negatives) {
    return with(copy -> copy.negativePrompts = negatives);
  }

  /** With so many pictures for each prompt. */
  public GenerationRequest withImagesPerPrompt(int count) {
    return with(copy -> copy.imagesPerPrompt = count);
  }

  /** With another seed for the first picture. */
  public GenerationRequest withSeed(long newSeed) {
    return with(copy -> copy.seed = newSeed);
  }

  /** With so many equal steps in Stage C. */
  public GenerationRequest withSteps(int steps) {
    return withTimesteps(Timesteps.evenlySpaced(steps));
  }

  /** With these noise levels in Stage C. */
  public GenerationRequest withTimesteps(Timesteps levels) {
    return with(copy -> copy.timesteps = levels);
  }

  /** With so many equal steps in Stage B. */
  public GenerationRequest withDecoderSteps(int steps) {
    return withDecoderTimesteps(Timesteps.evenlySpaced(steps));
  }

  /** With these noise levels in Stage B. */
  public GenerationRequest withDecoderTimesteps(Timesteps levels) {
    return with(copy -> copy.decoderTimesteps = levels);
  }

  /** With this guidance in Stage C; up to 1 switches it off. */
  public GenerationRequest withGuidance(double stageC) {
    return with(copy -> copy.guidance = stageC);
  }

  /** With this guidance in Stage B; up to 1 switches it off. */
  public GenerationRequest withDecoderGuidance(double stageB) {
    return with(copy -> copy.decoderGuidance = stageB);
  }

  /** With this size, in pixels. */
  public GenerationRequest withSize(int newWidth, int newHeight) {
    return withWidth(newWidth).withHeight(newHeight);
  }

  /** With this width; the height stays what it was, or the model's own. */
  public GenerationRequest withWidth(int pixels) {
    return with(copy -> copy.width = OptionalInt.of(pixels));
  }

  /** With this height; the width stays what it was, or the model's own. */
  public GenerationRequest withHeight(int pixels) {
    return with(copy -> copy.height = OptionalInt.of(pixels));
  }

  /** The size that is asked for, where a side that is not is that of {@code natural}. */
  public PictureSize size(PictureSize natural) {
    return new PictureSize(width.orElse(natural.width()), height.orElse(natural.height()));
  }

  private GenerationRequest with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.request();
  }

  /** A request whose parts can still be changed. */
  private static final class Copy {
    private List<String> prompts;
    private List<String> negativePrompts;
    private int imagesPerPrompt;
    private long seed;
    private Timesteps timesteps;
    private Timesteps decoderTimesteps;
    private double guidance;
    private double decoderGuidance;
    private OptionalInt width;
    private OptionalInt height;

    Copy(GenerationRequest request) {
      prompts = request.prompts;
      negativePrompts = request.negativePrompts;
      imagesPerPrompt = request.imagesPerPrompt;
      seed = request.seed;
      timesteps = request.timesteps;
      decoderTimesteps = request.decoderTimesteps;
      guidance = request.guidance;
      decoderGuidance = request.decoderGuidance;
      width = request.width;
      height = request.height;
    }

    GenerationRequest request() {
      return new GenerationRequest(
          prompts,
          negativePrompts,
          imagesPerPrompt,
          seed,
          timesteps,
          decoderTimesteps,
          guidance,
          decoderGuidance,
          width,
          height);
    }
  }

  /** How many pictures this makes: all of the first prompt, then all of the second ... */
  public int pictures() {
    return prompts.size() * imagesPerPrompt;
  }

  /** The prompt of picture {@code index}, counted from 0. */
  public String prompt(int index) {
    return prompts.get(index / imagesPerPrompt);
  }

  /** The negative prompt of picture {@code index}; empty if none was given. */
  public String negativePrompt(int index) {
    return switch (negativePrompts.size()) {
      case 0 -> "";
      case 1 -> negativePrompts.get(0);
      default -> negativePrompts.get(index / imagesPerPrompt);
    };
  }

  /** The request that makes picture {@code index} again, alone. */
  public GenerationRequest only(int index) {
    return with(
        copy -> {
          copy.prompts = List.of(prompt(index));
          copy.negativePrompts =
              negativePrompts.isEmpty() ? List.of() : List.of(negativePrompt(index));
          copy.imagesPerPrompt = 1;
          copy.seed = seed(index);
        });
  }

  /** The seed of picture {@code index}. */
  public long seed(int index) {
    return seed + index;
  }
}
