package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One case on both sides, turn by turn, each in a process of its own. */
final class Duel {
  /** Large enough for the full rate, small enough to be over in a moment. */
  private static final int MATRIX_SIDE = 2048;

  private static final double GUIDANCE = 4;

  private final Bench bench;
  private final Path python;
  private final Path scratch;
  private final Path model;

  Duel(Bench bench, Path python, Path scratch, Path model) {
    this.bench = bench;
    this.python = python;
    this.scratch = scratch;
    this.model = model;
  }

  ObjectNode measure(Case one) throws IOException {
    ObjectNode measured = Side.JSON.createObjectNode();
    if (!one.subject().isStage()) {
      // One after the other: both together may not fit into memory.
      for (Player player : Player.values()) {
        alone(one, player, measured.putObject(player.key));
      }
      return measured;
    }
    try (Turn ours = turn(Player.JAVA, measured.putObject("java"));
        Turn theirs = turn(Player.PYTHON, measured.putObject("python"))) {
      List<Turn> turns = List.of(ours, theirs);
      for (Turn turn : turns) {
        readFiles(model.resolve(one.subject().component()));
        turn.start(one);
        turn.run("first"); // loads lazily, compiles, touches memory
      }
      for (int round = 0; round < bench.rounds(); round++) {
        for (Turn turn : turns) {
          turn.multiply(one);
          turn.run("runs");
        }
      }
      if (bench.profiles()) {
        ours.profile();
      }
      for (Turn turn : turns) {
        turn.finish(one);
      }
    }
    return measured;
  }

  /** Pictures; a cold one counts from the start of the process. */
  private void alone(Case one, Player player, ObjectNode record) throws IOException {
    readFiles(model);
    long begin = System.nanoTime();
    try (Turn turn = turn(player, record)) {
      turn.start(one);
      int runs = one.subject() == Case.Subject.COLD ? 1 : Math.max(1, bench.rounds() / 3);
      for (int i = 0; i < runs; i++) {
        turn.run("runs");
      }
      record.put("wall", (System.nanoTime() - begin) * 1e-9);
      turn.finish(one);
    }
  }

  /** So that whoever comes first does not wait for the disk on behalf of the other. */
  private static void readFiles(Path folder) throws IOException {
    ByteBuffer some = ByteBuffer.allocateDirect(1 << 22);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (FileChannel channel = FileChannel.open(file)) {
          while (channel.read(some.clear()) >= 0) {
            // Only to have been read.
          }
        }
      }
    }
  }

  /** The two sides. */
  private enum Player {
    JAVA("java", "Currywurst"),
    PYTHON("python", "diffusers");

    private final String key;
    private final String title;

    Player(String key, String title) {
      this.key = key;
      this.title = title;
    }
  }

  private Turn turn(Player player, ObjectNode record) {
    List<String> command =
        switch (player) {
          case JAVA -> javaCommand(JavaSide.class);
          case PYTHON -> pythonCommand();
        };
    return new Turn(player, Side.start(player.title, command), record);
  }

  static List<String> javaCommand(Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC"));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    return command;
  }

  private List<String> pythonCommand() {
    return List.of(
        python.toString(), bench.home().resolve("python").resolve("reference.py").toString());
  }

  /** One side of the case and what it measured so far. */
  private final class Turn implements AutoCloseable {
    private final Player player;
    private final Side side;
    private final ObjectNode record;

    Turn(Player player, Side side, ObjectNode record) {
      this.player = player;
      this.side = side;
      this.record = record;
    }

    void profile() {
      record.set("profile", side.ask(Side.request("profile")));
    }

    @Override
    public void close() {
      side.close();
    }

    void start(Case one) {
      JsonNode about = side.ask(Side.request("start").put("threads", bench.threads()));
      record.set("runtime", about.get("runtime"));
      boolean cold = one.subject() == Case.Subject.COLD;
      ObjectNode load =
          Side.request("load")
              .put("subject", cold ? "picture" : one.subject().toString())
              .put("dtype", one.dtype().toString())
              .put("pixels", one.pixels())
              .put("model", model.toString())
              .put("inputs", Bench.inputs(model, one.pixels()).toString())
              .put("priorSteps", one.steps().prior())
              .put("decoderSteps", one.steps().decoder())
              .put("guidance", GUIDANCE)
              .put("keep", !cold);
      record.set("load", side.ask(load));
    }

    void run(String list) {
      Bench.array(record, list).add(side.ask(Side.request("run")));
    }

    void multiply(Case one) {
      ObjectNode request = Side.request("multiply");
      request.put("side", MATRIX_SIDE).put("dtype", one.dtype().toString());
      ObjectNode answer = (ObjectNode) side.ask(request);
      Bench.array(record, "products").add(answer.put("operations", 2 * Math.pow(MATRIX_SIDE, 3)));
    }

    void finish(Case one) throws IOException {
      record.set("peak", side.ask(Side.request("peak")).path("bytes"));
      Path folder = Files.createDirectories(scratch.resolve("outputs"));
      Path file = folder.resolve(one.key() + "-" + player.key + ".safetensors");
      side.ask(Side.request("save").put("file", file.toString()));
      record.put("output", file.toString());
    }
  }
}
