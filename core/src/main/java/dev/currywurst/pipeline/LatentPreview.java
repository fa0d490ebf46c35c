package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A picture straight from Stage C latents, one pixel for each of theirs: a linear map from a
 * latent's channels to red, green and blue.
 *
 * @param weights three rows, one number for each channel
 * @param bias red, green and blue of a latent of zeros, 0 to 1
 */
public record LatentPreview(List<List<Double>> weights, List<Double> bias) {
  private static final int COLOURS = 3;

  /** Latent and picture of one sample. */
  public record Example(StageCLatents latents, Image picture) {}

  public LatentPreview {
    weights = weights.stream().map(List::copyOf).toList();
    bias = List.copyOf(bias);
    int channels = weights.isEmpty() ? 0 : weights.get(0).size();
    if (weights.size() != COLOURS
        || bias.size() != COLOURS
        || channels < 1
        || weights.stream().anyMatch(row -> row.size() != channels)) {
      throw new CurrywurstException(
          "A preview maps channels to three colours: it needs three equal rows of weights and three biases.");
    }
  }

  /**
   * The map with the smallest squared error over all pixels of all examples, each picture shrunk to
   * its latent's size.
   *
   * @throws CurrywurstException if there are no examples or their channels differ
   */
  public static LatentPreview fit(List<Example> examples) {
    if (examples.isEmpty()) {
      throw new CurrywurstException("A preview needs at least one picture to be fitted to.");
    }
    int channels = examples.get(0).latents().grid().channels();
    LeastSquares fit = new LeastSquares(channels, COLOURS);
    for (Example example : examples) {
      LatentGrid grid = example.latents().grid();
      if (grid.channels() != channels) {
        throw new CurrywurstException(
            "Latents of %d and of %d channels do not come from one model."
                .formatted(channels, grid.channels()));
      }
      float[] planes =
          Resize.resize(example.picture(), grid.width(), grid.height(), Resize.Filter.BOX).planes();
      int area = grid.width() * grid.height();
      for (int i = 0; i < area; i++) {
        int x = i % grid.width();
        int y = i / grid.width();
        double[] colour = {planes[i], planes[area + i], planes[2 * area + i]};
        fit.add(pixel(grid, x, y), colour);
      }
    }
    double[][] solution = fit.solve(); // [colour][channel..., bias]
    List<List<Double>> weights = new ArrayList<>();
    List<Double> bias = new ArrayList<>();
    for (double[] row : solution) {
      weights.add(Arrays.stream(row, 0, channels).boxed().toList());
      bias.add(row[channels]);
    }
    return new LatentPreview(weights, bias);
  }

  /**
   * A map for latents that none was fitted to: their first three principal directions become red,
   * green and blue, two standard deviations to either side of grey. Shapes show, colours lie.
   */
  public static LatentPreview principal(StageCLatents latents) {
    LatentGrid grid = latents.grid();
    PrincipalDirections directions = new PrincipalDirections(grid.channels());
    for (int y = 0; y < grid.height(); y++) {
      for (int x = 0; x < grid.width(); x++) {
        directions.add(pixel(grid, x, y));
      }
    }
    List<List<Double>> weights = new ArrayList<>();
    List<Double> bias = new ArrayList<>();
    double[] mean = directions.mean();
    for (PrincipalDirections.Direction direction : directions.first(COLOURS)) {
      double scale = direction.deviation() > 0 ? 0.25 / direction.deviation() : 0;
      double offset = 0.5;
      List<Double> row = new ArrayList<>();
      for (int c = 0; c < mean.length; c++) {
        double weight = direction.vector().get(c) * scale;
        row.add(weight);
        offset -= weight * mean[c];
      }
      weights.add(row);
      bias.add(offset);
    }
    return new LatentPreview(weights, bias);
  }

  private static double[] pixel(LatentGrid grid, int x, int y) {
    double[] values = new double[grid.channels()];
    for (int c = 0; c < values.length; c++) {
      values[c] = grid.at(c, y, x);
    }
    return values;
  }

  /** The channels that it expects. */
  public int channels() {
    return weights.get(0).size();
  }

  /**
   * Paints latents, one pixel each.
   *
   * @throws CurrywurstException if they have another number of channels
   */
  public Image paint(StageCLatents latents) {
    LatentGrid grid = latents.grid();
    if (grid.channels() != channels()) {
      throw new CurrywurstException(
          "A preview of %d channels cannot show latents of %d."
              .formatted(channels(), grid.channels()));
    }
    int area = grid.width() * grid.height();
    float[] planes = new float[COLOURS * area];
    for (int i = 0; i < area; i++) {
      double[] pixel = pixel(grid, i % grid.width(), i / grid.width());
      for (int colour = 0; colour < COLOURS; colour++) {
        double value = bias.get(colour);
        for (int c = 0; c < pixel.length; c++) {
          value += weights.get(colour).get(c) * pixel[c];
        }
        planes[colour * area + i] = (float) value;
      }
    }
    return Image.ofPlanes(grid.width(), grid.height(), planes);
  }

  /** Writes {@code weight} [3, channels] and {@code bias} [3] as safetensors. */
  public void save(Path file) {
    try (Scope scope = Scope.open()) {
      float[] flat = new float[COLOURS * channels()];
      float[] offsets = new float[COLOURS];
      for (int colour = 0; colour < COLOURS; colour++) {
        offsets[colour] = bias.get(colour).floatValue();
        for (int c = 0; c < channels(); c++) {
          flat[colour * channels() + c] = weights.get(colour).get(c).floatValue();
        }
      }
      SafetensorsWriter.write(
          file,
          Map.of(
              "weight", Tensor.of(flat, COLOURS, channels()), "bias", Tensor.of(offsets, COLOURS)));
    }
  }

  /** Reads what {@link #save} wrote. */
  public static LatentPreview load(Path file) {
    WeightFile stored = WeightFile.open(file);
    try (Scope scope = Scope.open()) {
      Tensor weight = stored.tensor("weight");
      Tensor bias = stored.tensor("bias");
      if (weight.dims() != 2
          || weight.size(0) != COLOURS
          || bias.elements() != COLOURS
          || !weight.dtype().isFloatingPoint()) {
        throw new CurrywurstException(
            file + " is no preview: it needs a weight [3, channels] and a bias [3].");
      }
      List<List<Double>> rows = new ArrayList<>();
      for (int colour = 0; colour < COLOURS; colour++) {
        rows.add(doubles(weight.select(0, colour)));
      }
      return new LatentPreview(rows, doubles(bias));
    }
  }

  private static List<Double> doubles(Tensor tensor) {
    List<Double> values = new ArrayList<>();
    for (float value : tensor.to(DType.FLOAT32).toFloats()) {
      values.add((double) value);
    }
    return values;
  }
}
