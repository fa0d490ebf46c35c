package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run that was stopped at any steps and went on ends with the same weights, optimizer means,
 * averages and running statistics as one that was never stopped, byte for byte.
 */
class ExactResumeTest {
  private static final long STEPS = 14;

  @TempDir private Path folder;
  private TinyRun tiny = new TinyRun(Path.of("."));

  /** Printed with a failure, so that it can be repeated. */
  private final long seed = System.nanoTime();

  @BeforeEach
  void pictures() throws IOException {
    tiny = new TinyRun(folder).withPictures(20);
  }

  @Test
  void stageAWithItsDiscriminator() {
    ObjectNode config = TinyRun.config();
    config.putObject("objective").put("adversarial", 0.1).put("adversarial_from", 5);
    check(StageName.STAGE_A, Optional.empty(), config);
  }

  @Test
  void stagesBAndC() {
    Path a =
        TinyRun.train(tiny.request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), 3));
    ObjectNode config = TinyRun.config();
    config.withObject("/training").put("gradient_accumulation_steps", 2);
    Path b = check(StageName.STAGE_B, Optional.of(a), config);
    check(StageName.STAGE_C, Optional.of(b), TinyRun.config());
  }

  /** Pictures of two shapes, some seen more often than others, in batches of one size each. */
  @Test
  void bucketsAndWeights() throws IOException {
    TinyRun mixed = new TinyRun(folder.resolve("mixed")).withPictures(20);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      int level = 10 * i;
      Image picture = Image.filled(i % 2 == 0 ? 30 : 16, 16, new Rgb(level, 255 - level, 0));
      Png.write(picture, mixed.pictures().resolve(i + ".png"));
      lines.append(
          "{\"file_name\": \"%d.png\", \"text\": \"a box\", \"weight\": %s}\n"
              .formatted(i, 0.7 + 0.1 * (i % 5)));
    }
    Files.writeString(mixed.pictures().resolve("metadata.jsonl"), lines);
    Path model = mixed.wholeModel(1);
    ObjectNode config = TinyRun.config();
    config.withObject("/data").put("aspect_buckets", true).put("bucket_step", 4);
    config.withObject("/training").put("gradient_accumulation_steps", 2);
    tiny = mixed;
    check(StageName.STAGE_C, Optional.of(model), config);
  }

  /** What does not fit its bucket is read when it is wanted; by then somebody has deleted it. */
  @Test
  void aStepThatFailsCostsNoneBeforeIt() throws IOException {
    tiny = new TinyRun(folder.resolve("deleted")).withPictures(30);
    Path wide = tiny.pictures().resolve("wide.png");
    Png.write(Image.filled(60, 16, new Rgb(9, 9, 201)), wide);
    Files.writeString(
        tiny.pictures().resolve("metadata.jsonl"),
        "{\"file_name\": \"wide.png\", \"text\": \"a wide box\"}\n",
        StandardOpenOption.APPEND);
    ObjectNode config = TinyRun.config();
    config
        .withObject("/data")
        .put("held_out", 0.01)
        .put("aspect_buckets", true)
        .put("bucket_step", 4);
    config.withObject("/training").put("checkpointing_steps", 1000);
    Path output = folder.resolve("failing");
    TrainingRun.Request request =
        tiny.request(StageName.STAGE_A, output, Optional.empty(), STEPS, config);
    Path away = folder.resolve("away.png");
    AtomicLong learned = new AtomicLong();
    try (TrainingRun run = TrainingRun.open(request)) {
      Files.move(wide, away);
      assertThatThrownBy(() -> run.train(counting(learned)))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("wide.png");
    }
    assertThat(learned.get()).isBetween(1L, STEPS - 1);
    assertThat(output.resolve("checkpoints/step-%08d".formatted(learned.get()))).exists();
    Files.move(away, wide);
    TinyRun.train(request);
    Path unbroken = folder.resolve("never failing");
    TinyRun.train(tiny.request(StageName.STAGE_A, unbroken, Optional.empty(), STEPS, config));
    String last = "checkpoints/step-%08d/state.safetensors".formatted(STEPS);
    assertThat(output.resolve(last)).hasSameBinaryContentAs(unbroken.resolve(last));
  }

  /** As by a service manager that does not wait: at real size an evaluation takes minutes. */
  @Test
  void aKillInAnEvaluationCostsNothingElse() throws IOException {
    ObjectNode config = TinyRun.config();
    config.withObject("/training").put("validation_steps", 4);
    Path unbroken = folder.resolve("unbroken");
    TinyRun.train(tiny.request(StageName.CLIP, unbroken, Optional.empty(), 8, config));
    Path killed = folder.resolve("killed");
    TrainingRun.Request request = tiny.request(StageName.CLIP, killed, Optional.empty(), 8, config);
    Path log = killed.resolve("log.jsonl");
    for (long step : new long[] {4, 8}) {
      try (TrainingRun run = TrainingRun.open(request)) {
        assertThatThrownBy(() -> run.train(killing(step))).hasMessage("killed at " + step);
      }
      List<String> lines = Files.readAllLines(log);
      assertThat(lines.remove(lines.size() - 1)).contains("held_out");
      Files.write(log, lines); // It was not yet told.
    }
    AtomicLong learned = new AtomicLong();
    try (TrainingRun run = TrainingRun.open(request)) {
      assertThat(run.train(counting(learned))).isPresent();
    }
    assertThat(learned.get()).as("steps that were learned again").isZero();
    String last = "checkpoints/step-00000008/state.safetensors";
    assertThat(killed.resolve(last)).hasSameBinaryContentAs(unbroken.resolve(last));
    assertThat(log).hasSameBinaryContentAs(unbroken.resolve("log.jsonl"));
  }

  /**
   * Once the prompts are painted, so in the evaluation itself: at any step, and at the last one.
   */
  @Test
  void aStopNeedNotWaitForAnEvaluation() throws IOException {
    Path model = tiny.wholeModel(1);
    ObjectNode config = TinyRun.config();
    config.withObject("/validation").putArray("prompts").add("a red box");
    Path unbroken = folder.resolve("unbroken");
    TinyRun.train(tiny.request(StageName.STAGE_C, unbroken, Optional.of(model), 8, config));
    Path stopped = folder.resolve("stopped");
    TrainingRun.Request request =
        tiny.request(StageName.STAGE_C, stopped, Optional.of(model), 8, config);
    List<Long> evaluated = new ArrayList<>();
    List<Long> sampled = new ArrayList<>();
    for (long step : new long[] {6, 8}) {
      try (TrainingRun run = TrainingRun.open(request)) {
        assertThat(run.train(stopping(step, run, evaluated, sampled))).isEmpty();
      }
      assertThat(evaluated).doesNotContain(step);
      assertThat(stopped.resolve("checkpoints/step-%08d".formatted(step))).exists();
    }
    try (TrainingRun run = TrainingRun.open(request)) {
      assertThat(run.train(stopping(-1, run, evaluated, sampled))).isPresent();
    }
    assertThat(sampled).as("samples are shown once").doesNotHaveDuplicates();
    String last = "checkpoints/step-00000008/state.safetensors";
    assertThat(stopped.resolve(last)).hasSameBinaryContentAs(unbroken.resolve(last));
    assertThat(stopped.resolve("log.jsonl")).hasSameBinaryContentAs(unbroken.resolve("log.jsonl"));
  }

  private static TrainingListener stopping(
      long at, TrainingRun run, List<Long> evaluated, List<Long> sampled) {
    return new TrainingListener() {
      @Override
      public void sampled(long step, Path sheet) {
        sampled.add(step);
        if (step == at) {
          run.stop();
        }
      }

      @Override
      public void evaluated(long step, Map<String, Double> figures) {
        evaluated.add(step);
      }
    };
  }

  private static TrainingListener killing(long at) {
    return new TrainingListener() {
      @Override
      public void evaluated(long step, Map<String, Double> figures) {
        if (step == at) {
          throw new IllegalStateException("killed at " + at);
        }
      }
    };
  }

  private static TrainingListener counting(AtomicLong learned) {
    return new TrainingListener() {
      @Override
      public void learned(long step, Stage.Learned what, double learningRate) {
        learned.set(step);
      }
    };
  }

  /**
   * What else decides weights: each keeps a state of its own, or draws numbers. Stage C is wide
   * enough for the optimizer that keeps its state in 8 bits from 4096 numbers on.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'training': {'optimizer': 'adamw_8bit'}}",
        "{'training': {'validation_steps': 2, 'validation_at_start': true}}",
        "{'training': {'optimizer': 'adafactor', 'adafactor_beta1': 0.9}}",
        "{'training': {'gradient_checkpointing': true}}",
        "{'training': {'gradient_accumulation_steps': 2, 'ema_per_batch': true}}",
        "{'training': {'ema_ramp': 'power'}, 'objective': {'noise_offset': 0.1}}",
        "{'data': {'variants': 0}, 'objective': {'loss_weighting': 'adaptive'}}"
      })
  void settings(String changes) throws IOException {
    Path a =
        TinyRun.train(tiny.request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), 1));
    Path b = TinyRun.train(tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), 1));
    ObjectNode config = changed(changes);
    config.withObject("/prior").put("c", 40);
    check(StageName.STAGE_C, Optional.of(b), config);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'objective': {'lora_rank': 2}}",
        "{'objective': {'lora_rank': 2, 'lora_dropout': 0.3, 'train_text_encoder': true}}"
      })
  void additions(String changes) throws IOException {
    check(StageName.STAGE_C, Optional.of(tiny.wholeModel(1)), changed(changes));
  }

  /** What is kept of the text tower is the same whether a step or an evaluation asks first. */
  @Test
  void evaluationsChangeNothingInHalfPrecision() throws IOException {
    Optional<Path> model = Optional.of(tiny.wholeModel(1));
    // One caption for the pictures that are learned and those that are held out.
    Path captions = tiny.pictures().resolve("metadata.jsonl");
    Files.writeString(
        captions, Files.readString(captions).replaceAll("a \\w+ box, \\d+ wide", "a box"));
    String state = "checkpoints/step-%08d/state.safetensors".formatted(STEPS);
    Path watched = folder.resolve("watched");
    Path unwatched = folder.resolve("unwatched");
    ObjectNode often =
        changed("{'training': {'validation_steps': 2, 'validation_at_start': true}}");
    ObjectNode never = changed("{'training': {'validation_steps': 0}}");
    for (ObjectNode config : List.of(often, never)) {
      config.withObject("/objective").put("caption_dropped", 0.5);
    }
    TinyRun.train(
        TinyRun.inBfloat16(tiny.request(StageName.STAGE_C, watched, model, STEPS, often)));
    TinyRun.train(
        TinyRun.inBfloat16(tiny.request(StageName.STAGE_C, unwatched, model, STEPS, never)));
    assertThat(watched.resolve(state)).hasSameBinaryContentAs(unwatched.resolve(state));
  }

  private static ObjectNode changed(String changes) throws IOException {
    ObjectNode config = TinyRun.config();
    config.withObject("/validation").put("pictures", 0);
    JsonNode parts = new ObjectMapper().readTree(changes.replace('\'', '"'));
    parts
        .properties()
        .forEach(
            part -> config.withObject("/" + part.getKey()).setAll((ObjectNode) part.getValue()));
    return config;
  }

  @Test
  void clip() {
    check(StageName.CLIP, Optional.empty(), TinyRun.config());
  }

  /** Trains unbroken and broken, compares, and gives the model's folder. */
  private Path check(StageName stage, Optional<Path> model, ObjectNode config) {
    Path unbroken = folder.resolve(stage + "-unbroken");
    Path result = TinyRun.train(tiny.request(stage, unbroken, model, STEPS, config));
    Path broken = folder.resolve(stage + "-broken");
    SplittableRandom random = new SplittableRandom(seed);
    int stops = 0;
    while (!trainSome(tiny.request(stage, broken, model, STEPS, config), random)) {
      stops++;
    }
    assertThat(stops).as("seed " + seed).isPositive();
    for (String file :
        new String[] {"checkpoints/step-%08d/state.safetensors".formatted(STEPS), "log.jsonl"}) {
      assertThat(broken.resolve(file))
          .as("%s of %s after %d stops, seed %d", file, stage, stops, seed)
          .hasSameBinaryContentAs(unbroken.resolve(file));
    }
    return result;
  }

  /** Trains up to some step, and tells whether it was the last one. */
  private static boolean trainSome(TrainingRun.Request request, SplittableRandom random) {
    int most = 1 + random.nextInt(5);
    try (TrainingRun run = TrainingRun.open(request)) {
      TrainingListener stopper =
          new TrainingListener() {
            private int learned;

            @Override
            public void learned(long step, Stage.Learned what, double learningRate) {
              if (++learned >= most) {
                run.stop();
              }
            }
          };
      return run.train(stopper).isPresent();
    }
  }
}
