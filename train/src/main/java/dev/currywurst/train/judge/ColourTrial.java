package dev.currywurst.train.judge;

import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Prompts that name colours, as evenly as the captions of a set of pictures allow: does a model
 * paint what they say?
 *
 * @param prompts that a model is asked to paint
 */
public record ColourTrial(List<String> prompts) {
  public ColourTrial {
    prompts = List.copyOf(prompts);
  }

  /**
   * Takes captions that name a colour, the next one for each colour in turn, until there are {@code
   * count}. Where all were taken, the first ones come again: the seeds differ.
   *
   * @throws CurrywurstException if no caption names a colour
   */
  public static ColourTrial of(Collection<String> captions, int count) {
    Map<Colour, Set<String>> byColour = new EnumMap<>(Colour.class);
    for (String caption : captions) {
      Colour.firstIn(caption)
          .ifPresent(
              colour -> byColour.computeIfAbsent(colour, c -> new LinkedHashSet<>()).add(caption));
    }
    if (byColour.isEmpty()) {
      throw new CurrywurstException(
          "No caption names a colour, so there is nothing to judge; the judge knows red, orange, yellow, green, blue, purple, pink, brown, gray, black and white.");
    }
    List<List<String>> lists = new ArrayList<>();
    byColour.values().forEach(set -> lists.add(List.copyOf(set)));
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> ofColour = lists.get(i % lists.size());
      prompts.add(ofColour.get(i / lists.size() % ofColour.size()));
    }
    return new ColourTrial(prompts);
  }

  /**
   * Paints all prompts, picture k with the request's seed + k.
   *
   * @param settings adds steps, guidance, size and seed to a request
   */
  public List<ColourReport.Sample> paint(
      WuerstchenPipeline pipeline,
      UnaryOperator<GenerationRequest> settings,
      GenerationListener listener) {
    GenerationRequest request = settings.apply(GenerationRequest.of(prompts));
    List<ColourReport.Sample> samples = new ArrayList<>();
    for (GeneratedImage painted : pipeline.generate(request, listener).images()) {
      samples.add(new ColourReport.Sample(painted.prompt(), painted.image()));
    }
    return samples;
  }
}
