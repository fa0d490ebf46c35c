package dev.currywurst.train.judge;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.clip.Embedder;
import dev.currywurst.image.Image;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Judges pictures that were painted for captions: by the colour of what is drawn, by whether CLIP
 * finds their caption among others, by how well the two go together, and by their distance from
 * real pictures. Real pictures go through the same hands, for no model can be expected to do better
 * than they.
 */
public final class Jury implements AutoCloseable {
  /** Captions that each picture's own is found among. */
  public static final int OPTIONS = 20;

  private static final int TOGETHER = 16;

  private final Map<String, Embedder> embedders;
  private final List<TestCase> asked;
  private final CaptionChoice choice;
  private final Tensor captions;
  private final Map<String, Tensor> real = new LinkedHashMap<>();
  private final long seed;

  /**
   * Convenes.
   *
   * @param clip stays the caller's
   * @param embedders by the name of what pictures are compared by; CLIP's own comes first
   * @param seed of wrong captions and of samples of samples
   */
  public Jury(ClipModel clip, Map<String, Embedder> embedders, TestSet set, long seed) {
    this.embedders = new LinkedHashMap<>();
    this.embedders.put("CLIP", clip);
    this.embedders.putAll(embedders);
    this.asked = set.asked();
    this.seed = seed;
    List<TestCase> all = set.all();
    // A caption that comes again is one to choose from, not several.
    Set<String> prompts = new HashSet<>();
    List<Boolean> first = all.stream().map(test -> prompts.add(test.prompt())).toList();
    this.choice =
        CaptionChoice.draw(
            asked.size(),
            all.size(),
            OPTIONS,
            new SplittableRandom(seed),
            (right, other) -> first.get(other) && all.get(right).excludes(all.get(other)));
    List<TestCase> shown = set.others().stream().filter(c -> c.picture().isPresent()).toList();
    try (Scope scope = Scope.open()) {
      this.captions =
          ClipModel.unit(clip.embedTexts(all.stream().map(TestCase::prompt).toList())).own();
      if (shown.size() > 1) {
        this.embedders.forEach(
            (name, embedder) -> {
              List<Tensor> parts = new ArrayList<>();
              for (int i = 0; i < shown.size(); i += TOGETHER) {
                List<TestCase> some = shown.subList(i, Math.min(shown.size(), i + TOGETHER));
                parts.add(embedder.embedImages(some.stream().map(Jury::picture).toList()));
              }
              real.put(name, Tensor.cat(parts, 0).own());
            });
      }
    }
  }

  private static Image picture(TestCase test) {
    return test.picture().orElseThrow().get();
  }

  /** How many real pictures others are compared with. */
  public int compared() {
    return real.values().stream().mapToInt(t -> Math.toIntExact(t.size(0))).findFirst().orElse(0);
  }

  /** Judges the real pictures of the captions, if all have one. */
  public Optional<Verdict> ofReal() {
    if (asked.stream().anyMatch(test -> test.picture().isEmpty())) {
      return Optional.empty();
    }
    Hearing hearing = hear();
    asked.forEach(test -> hearing.add(picture(test)));
    return Optional.of(hearing.verdict());
  }

  /** Begins to look at pictures. */
  public Hearing hear() {
    return new Hearing();
  }

  /** Looks at the pictures of one painter, in the order of the captions. */
  public final class Hearing {
    private final List<Image> waiting = new ArrayList<>();
    private final Map<String, List<float[]>> features = new LinkedHashMap<>();
    private final List<List<Colour>> colours = new ArrayList<>();

    private Hearing() {
      embedders.keySet().forEach(name -> features.put(name, new ArrayList<>()));
    }

    /** The next picture. */
    public void add(Image picture) {
      colours.add(ColourJudge.colours(picture));
      waiting.add(picture);
      if (waiting.size() == TOGETHER) {
        look();
      }
    }

    private void look() {
      if (waiting.isEmpty()) {
        return;
      }
      embedders.forEach(
          (name, embedder) -> {
            try (Scope scope = Scope.open()) {
              Tensor rows = embedder.embedImages(waiting);
              for (int i = 0; i < waiting.size(); i++) {
                features.get(name).add(rows.select(0, i).toFloats());
              }
            }
          });
      waiting.clear();
    }

    /**
     * What is to be said of all pictures.
     *
     * @throws IllegalStateException unless there was one for each caption
     */
    public Verdict verdict() {
      look();
      if (colours.size() != asked.size()) {
        throw new IllegalStateException(
            colours.size() + " pictures of " + asked.size() + " captions");
      }
      try (Scope scope = Scope.open()) {
        Tensor seen = ClipModel.unit(matrix(features.get("CLIP")));
        int[] found = choice.answers(seen, captions);
        Tensor own = captions.narrow(0, 0, asked.size());
        float[] cosines = seen.times(own).sum(false, 1).toFloats();
        Map<String, Estimate> distances = new LinkedHashMap<>();
        real.forEach(
            (name, others) -> {
              if (asked.size() > 1) {
                distances.put(
                    name,
                    Frechet.estimate(
                        matrix(features.get(name)), others, new SplittableRandom(seed)));
              }
            });
        return verdict(found, cosines, distances);
      }
    }

    private Verdict verdict(int[] found, float[] cosines, Map<String, Estimate> distances) {
      List<Verdict.Seen> seen = new ArrayList<>();
      for (int i = 0; i < asked.size(); i++) {
        TestCase test = asked.get(i);
        seen.add(
            new Verdict.Seen(
                test, shown(test, colours.get(i)), found[i] == i, 100 * Math.max(0, cosines[i])));
      }
      return new Verdict(seen, choice.byChance(), distances);
    }
  }

  /**
   * The colour that counts as seen: the one asked for if it is among the most frequent ones, of
   * which there are as many as the caption gives to things.
   */
  private static Colour shown(TestCase test, List<Colour> colours) {
    int named = Math.max(1, Colour.ofThings(test.prompt()).size());
    return test.colour()
        .filter(colours.subList(0, Math.min(named, colours.size()))::contains)
        .orElse(colours.get(0));
  }

  private static Tensor matrix(List<float[]> rows) {
    int width = rows.get(0).length;
    float[] all = new float[rows.size() * width];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * width, width);
    }
    return Tensor.of(all, rows.size(), width);
  }

  @Override
  public void close() {
    captions.close();
    real.values().forEach(Tensor::close);
  }
}
