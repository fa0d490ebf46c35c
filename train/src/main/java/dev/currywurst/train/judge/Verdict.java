package dev.currywurst.train.judge;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.weights.ConfigFile;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is to be said of pictures that were painted for captions.
 *
 * @param pictures each one's
 * @param objectByChance what {@link #object} would be if CLIP guessed: 1/20, or more where there
 *     are fewer captions to choose among
 * @param distances Fréchet distances from real pictures, by what they are measured by
 */
public record Verdict(List<Seen> pictures, double objectByChance, Map<String, Estimate> distances) {
  /**
   * One picture.
   *
   * @param test what was asked for
   * @param colour what it is painted in
   * @param object true if CLIP finds its own caption among the others
   * @param clipScore 100 times the cosine of picture and caption, or 0 where that is negative: as
   *     torchmetrics defines it
   */
  public record Seen(TestCase test, Colour colour, boolean object, double clipScore) {
    /** True if the colour is the one that the caption names. */
    public boolean colourRight() {
      return test.colour().filter(colour::equals).isPresent();
    }
  }

  public Verdict {
    pictures = List.copyOf(pictures);
    distances = Collections.unmodifiableMap(new LinkedHashMap<>(distances));
  }

  /** How many captions name a colour. */
  public int coloured() {
    return (int) pictures.stream().filter(one -> one.test().colour().isPresent()).count();
  }

  /** The share of captions that name a colour whose pictures have it. */
  public Estimate colour() {
    return Estimate.share((int) pictures.stream().filter(Seen::colourRight).count(), coloured());
  }

  /** What {@link #colour} would be with the same pictures and captions, shuffled. */
  public double colourByChance() {
    return ColourReport.of(
            pictures.stream()
                .flatMap(
                    one ->
                        one.test().colour().stream()
                            .map(asked -> new ColourReport.Sighting(asked.word(), one.colour())))
                .toList())
        .chance();
  }

  /** The share of pictures that find their own caption. */
  public Estimate object() {
    return Estimate.share((int) pictures.stream().filter(Seen::object).count(), pictures.size());
  }

  /** The mean of the pictures' CLIP scores. */
  public Estimate clipScore() {
    return Estimate.mean(pictures.stream().mapToDouble(Seen::clipScore).toArray());
  }

  /** For programs: the figures, then each picture's. */
  public ObjectNode toJson() {
    ObjectNode json = ConfigFile.newObject();
    json.set(
        "main_colour",
        colour().toJson().put("captions", coloured()).put("by_chance", colourByChance()));
    json.set(
        "object",
        object().toJson().put("captions", pictures.size()).put("by_chance", objectByChance));
    json.set("clip_score", clipScore().toJson());
    ObjectNode all = json.putObject("frechet_distance");
    distances.forEach((name, distance) -> all.set(name, distance.toJson()));
    ArrayNode each = json.putArray("pictures");
    for (Seen one : pictures) {
      ObjectNode picture = each.addObject().put("prompt", one.test().prompt());
      one.test().colour().ifPresent(asked -> picture.put("asked", asked.word()));
      picture
          .put("seen", one.colour().word())
          .put("object", one.object())
          .put("clip_score", one.clipScore());
    }
    return json;
  }
}
