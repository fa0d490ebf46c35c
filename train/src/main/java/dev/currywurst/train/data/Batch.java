package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Captioned pictures that are made each time they are asked for, unless they are {@link #made}. */
public final class Batch {
  /**
   * One sample.
   *
   * @param caption what is said about it
   * @param key names the picture in its augmented form; empty if that form is never seen again, so
   *     that keeping anything about it is a waste
   * @param planes makes [3][side][side] from 0 to 1
   */
  record Sample(String caption, Optional<String> key, Supplier<float[]> planes) {}

  private final int side;
  private final List<Sample> samples;

  Batch(int side, List<Sample> samples) {
    this.side = side;
    this.samples = List.copyOf(samples);
  }

  public int size() {
    return samples.size();
  }

  /** Pixels a side. */
  public int side() {
    return side;
  }

  public List<String> captions() {
    return samples.stream().map(Sample::caption).toList();
  }

  /** For each picture what names it in its augmented form, if that form comes again. */
  public List<Optional<String>> keys() {
    return samples.stream().map(Sample::key).toList();
  }

  /** One picture's planes [3][side][side] from 0 to 1. */
  public float[] planes(int sample) {
    return samples.get(sample).planes().get();
  }

  /** One picture. */
  public Image image(int sample) {
    return Image.ofPlanes(side, side, planes(sample));
  }

  /** The same batch with all pictures made, for whoever asks for them more than once. */
  public Batch made() {
    List<Sample> made = new ArrayList<>();
    for (Sample sample : samples) {
      float[] planes = sample.planes().get();
      made.add(new Sample(sample.caption(), sample.key(), () -> planes));
    }
    return new Batch(side, made);
  }

  /** All pictures, [B, 3, side, side] from 0 to 1. */
  public Tensor tensor() {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      all.add(i);
    }
    return tensor(all);
  }

  /** Some of the pictures, in this order. */
  public Tensor tensor(List<Integer> some) {
    int each = 3 * side * side;
    float[] values = new float[some.size() * each];
    for (int i = 0; i < some.size(); i++) {
      System.arraycopy(planes(some.get(i)), 0, values, i * each, each);
    }
    return Tensor.of(values, some.size(), 3, side, side);
  }
}
