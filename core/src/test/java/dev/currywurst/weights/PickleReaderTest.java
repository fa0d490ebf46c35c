package dev.currywurst.weights;

import static dev.currywurst.weights.PickleOpcode.APPEND;
import static dev.currywurst.weights.PickleOpcode.APPENDS;
import static dev.currywurst.weights.PickleOpcode.BINPERSID;
import static dev.currywurst.weights.PickleOpcode.BINUNICODE;
import static dev.currywurst.weights.PickleOpcode.BUILD;
import static dev.currywurst.weights.PickleOpcode.EMPTY_DICT;
import static dev.currywurst.weights.PickleOpcode.EMPTY_LIST;
import static dev.currywurst.weights.PickleOpcode.EMPTY_TUPLE;
import static dev.currywurst.weights.PickleOpcode.GLOBAL;
import static dev.currywurst.weights.PickleOpcode.MARK;
import static dev.currywurst.weights.PickleOpcode.NONE;
import static dev.currywurst.weights.PickleOpcode.REDUCE;
import static dev.currywurst.weights.PickleOpcode.SETITEM;
import static dev.currywurst.weights.PickleOpcode.SETITEMS;
import static dev.currywurst.weights.PickleOpcode.TUPLE;
import static dev.currywurst.weights.PickleOpcode.TUPLE1;
import static dev.currywurst.weights.PickleOpcode.TUPLE2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Pickles that torch would not write: nothing in them runs, and none costs much. */
@Timeout(10)
class PickleReaderTest {
  private static final long[] FOUR = {4};
  private static final long[] ONE = {1};

  @TempDir Path folder;

  @Test
  void readsAMinimalStateDict() throws IOException {
    byte[] pickle =
        new PickleBytes().op(EMPTY_DICT).text("a").tensor(0, FOUR, ONE).op(SETITEM).stop();
    WeightFile file = WeightFile.open(PickleBytes.checkpoint(folder, pickle));
    assertThat(file.names()).containsExactly("a");
    assertThat(file.bytes("a").getFloat(12)).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "builtins, eval",
    "__builtin__, getattr",
    "torch, load",
    "torch.storage, _load_from_bytes",
    "torch._utils, _rebuild_sparse_tensor",
    "torch.jit, load",
    "collections, OrderedDict.fromkeys"
  })
  void refusesEveryGlobalButThoseOfWeights(String module, String name) throws IOException {
    refuses(new PickleBytes().global(module, name))
        .hasMessageContaining(
            "its pickle asks for %s.%s, which has no place in a weight file"
                .formatted(module, name))
        .hasMessageEndingWith(
            "; if you trust the file, load it in Python and save its state_dict as safetensors.");
  }

  @ParameterizedTest
  @EnumSource(
      value = PickleOpcode.class,
      names = {
        "INT",
        "LONG",
        "LONG4",
        "STRING",
        "BINSTRING",
        "BINBYTES",
        "UNICODE",
        "FLOAT",
        "LIST",
        "DICT",
        "EMPTY_SET",
        "POP",
        "DUP",
        "POP_MARK",
        "GET",
        "PUT",
        "EXT1",
        "EXT2",
        "EXT4",
        "INST",
        "OBJ",
        "NEWOBJ",
        "NEWOBJ_EX",
        "PERSID",
        "STACK_GLOBAL",
        "FRAME",
        "MEMOIZE",
        "NEXT_BUFFER"
      })
  void refusesInstructionsThatTorchDoesNotUse(PickleOpcode opcode) throws IOException {
    refuses(new PickleBytes().op(opcode))
        .hasMessageContaining("its pickle uses the instruction " + opcode + " at byte 2");
  }

  @Test
  void refusesUnknownInstructions() throws IOException {
    refuses(new PickleBytes().raw(0xff))
        .hasMessageContaining("its pickle uses the unknown instruction 0xff at byte 2");
  }

  @Test
  void refusesCallsOfAnythingButItsFunctions() throws IOException {
    refuses(new PickleBytes().text("f").op(EMPTY_TUPLE, REDUCE))
        .hasMessageContaining("calls something that is no function");
    refuses(new PickleBytes().global("torch", "FloatStorage").op(EMPTY_TUPLE, REDUCE))
        .hasMessageContaining("calls torch.FloatStorage with arguments it does not take");
    refuses(new PickleBytes().global("collections", "OrderedDict").op(NONE, REDUCE))
        .hasMessageContaining("calls collections.OrderedDict with arguments it does not take");
    refuses(new PickleBytes().global("torch._utils", "_rebuild_parameter").op(EMPTY_TUPLE, REDUCE))
        .hasMessageContaining("with arguments it does not take");
    refuses(new PickleBytes().global("torch", "Size").op(BUILD))
        .hasMessageContaining("empty stack");
    refuses(new PickleBytes().global("torch", "Size").op(NONE, BUILD))
        .hasMessageContaining("gives attributes to something that has none");
  }

  @Test
  void refusesBrokenStacks() throws IOException {
    refuses(new PickleBytes()).hasMessageContaining("takes from an empty stack");
    refuses(new PickleBytes().op(TUPLE)).hasMessageContaining("a mark that is not there");
    refuses(new PickleBytes().op(NONE, MARK, TUPLE1)).hasMessageContaining("an empty stack");
    refuses(new PickleBytes().op(NONE, NONE, APPEND)).hasMessageContaining("no list");
    refuses(new PickleBytes().op(NONE, MARK, SETITEMS)).hasMessageContaining("no dictionary");
    refuses(new PickleBytes().op(EMPTY_DICT, MARK, NONE, SETITEMS))
        .hasMessageContaining("a key without a value");
    refuses(new PickleBytes().op(EMPTY_DICT, EMPTY_LIST, NONE, SETITEM))
        .hasMessageContaining("a dictionary key that is no plain value");
    refuses(new PickleBytes().get(7)).hasMessageContaining("recalls value 7");
    refuses(new PickleBytes().op(NONE, BINPERSID)).hasMessageContaining("no storage");
    refuses(new PickleBytes().op(NONE)).hasMessageContaining("it holds no tensors");
    refuses(new PickleBytes().tensor(0, FOUR, ONE))
        .hasMessageContaining("one tensor without a name");
  }

  @Test
  void refusesPicklesCutShort() throws IOException {
    byte[] whole =
        new PickleBytes().op(EMPTY_DICT).text("a").tensor(0, FOUR, ONE).op(SETITEM).stop();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(whole, length);
      refuses(cut).hasMessageContaining("ends in the middle");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 5, 1", // beyond the end
    "1, 4, 1", // shifted beyond the end
    "-1, 1, 1", // before the start
    "0, -4, 1", // a negative extent
    "3, 4, -1", // running backwards
    "0, 3, 2", // stepping beyond the end
    "9223372036854775807, 2, 1", // overflowing sums
    "0, 9223372036854775807, 9223372036854775807", // overflowing products
    "0, 9223372036854775807, 0", // endless repetition
    "4611686018427387904, 4, 4611686018427387904"
  })
  void refusesTensorsOutsideTheirStorage(long offset, long extent, long stride) throws IOException {
    refuses(new PickleBytes().tensor(offset, new long[] {extent}, new long[] {stride}))
        .hasMessageContaining(
            "its pickle has a tensor of shape [%d], strides [%d] and offset %d outside its storage of 16 bytes"
                .formatted(extent, stride, offset));
  }

  @Test
  void refusesStoragesOfImpossibleSize() throws IOException {
    refuses(new PickleBytes().storage(-1)).hasMessageContaining("that is no storage");
    refuses(new PickleBytes().storage(Long.MAX_VALUE)).hasMessageContaining("that is no storage");
    byte[] larger =
        new PickleBytes()
            .op(EMPTY_DICT)
            .text("a")
            .tensor(5, 0, new long[] {5}, ONE)
            .op(SETITEM)
            .stop();
    refuses(larger).hasMessageContaining("storage \"0\" should have 20 bytes, but 16 are there");
    refuses(new PickleBytes().tensor(0, new long[] {1, 1}, ONE)).hasMessageContaining("outside");
    refuses(new PickleBytes().tensor(0, new long[17], new long[17]))
        .hasMessageContaining("more than 16 dimensions");
  }

  @Test
  void refusesDeepNesting() throws IOException {
    refuses(new PickleBytes().repeat(1_000_000, MARK)).hasMessageContaining("nests more than 64");
    refuses(new PickleBytes().op(NONE).repeat(1_000_000, TUPLE1))
        .hasMessageContaining("nests more than 64");
    PickleBytes cycle = new PickleBytes().op(EMPTY_LIST).put(0).get(0).op(APPEND);
    refuses(cycle).hasMessageContaining("nests more than 64");
  }

  /** Each level holds the one before twice: 2^60 values in 700 bytes. */
  @Test
  void refusesDoublingThroughTheMemo() throws IOException {
    PickleBytes bomb = new PickleBytes().op(EMPTY_LIST);
    for (int level = 0; level < 60; level++) {
      bomb.put(level).get(level).op(TUPLE2);
    }
    refuses(bomb).hasMessageContaining("holds more than 1000000 values");
  }

  /** A list of pairs that is turned into a dictionary again and again. */
  @Test
  void refusesRepeatedCopiesThroughTheMemo() throws IOException {
    PickleBytes bomb = new PickleBytes().op(EMPTY_LIST, MARK);
    for (int i = 0; i < 10_000; i++) {
      bomb.number(i).op(NONE, TUPLE2);
    }
    bomb.op(APPENDS, TUPLE1).put(0).global("collections", "OrderedDict").put(1);
    for (int i = 0; i < 50_000; i++) {
      bomb.get(1).get(0).op(REDUCE);
    }
    refuses(bomb).hasMessageContaining("reads more than 2000000 items of lists");
  }

  @Test
  void refusesOverlongTextsMemosAndPrograms() throws IOException {
    refuses(new PickleBytes().op(BINUNICODE).raw(0xff, 0xff, 0xff, 0xff))
        .hasMessageContaining("holds a text of 4294967295 bytes; 1048576 are the most");
    refuses(new PickleBytes().op(BINUNICODE).raw(1, 0, 0, 0, 0xff)).hasMessageContaining("UTF-8");
    refuses(new PickleBytes().op(NONE).put(1_000_000))
        .hasMessageContaining("remembers more than 1000000 values");
    refuses(new PickleBytes().op(NONE).put(-1)).hasMessageContaining("remembers more than");
    refuses(new PickleBytes().op(GLOBAL).repeat(1000, NONE))
        .hasMessageContaining("a name of more than 256 characters");
    refuses(new PickleBytes().repeat(2_000_000, EMPTY_DICT))
        .hasMessageContaining("has more than 2000000 instructions");
    PickleBytes name = new PickleBytes().op(EMPTY_DICT).text("x".repeat(2000));
    refuses(name.tensor(0, FOUR, ONE).op(SETITEM))
        .hasMessageContaining("more than 1024 characters");
  }

  @Test
  void refusesTwoTensorsOfOneName() throws IOException {
    PickleBytes twice = new PickleBytes().op(EMPTY_DICT, MARK);
    twice.text("a.b").tensor(0, FOUR, ONE).text("a").op(EMPTY_DICT).text("b");
    twice.tensor(0, FOUR, ONE).op(SETITEM, SETITEMS);
    refuses(twice).hasMessageContaining("it has two tensors of the name \"a.b\"");
  }

  @Test
  void ignoresHarmlessValues() throws IOException {
    PickleBytes pickle = new PickleBytes().op(EMPTY_DICT, MARK);
    pickle.text("a").tensor(0, FOUR, ONE);
    pickle.text("device").global("torch", "device").text("cuda").op(TUPLE1, REDUCE);
    pickle.text("lr").real(1e-4).number(7).number(Long.MAX_VALUE).op(NONE, NONE, SETITEMS);
    WeightFile file = WeightFile.open(PickleBytes.checkpoint(folder, pickle.stop()));
    assertThat(file.names()).containsExactly("a");
  }

  private AbstractThrowableAssert<?, ?> refuses(PickleBytes pickle) throws IOException {
    return refuses(pickle.stop());
  }

  private AbstractThrowableAssert<?, ?> refuses(byte[] pickle) throws IOException {
    Path path = PickleBytes.checkpoint(folder, pickle);
    return Assertions.assertTimeout(
        Duration.ofSeconds(5),
        () ->
            assertThatThrownBy(() -> WeightFile.open(path))
                .isInstanceOf(CurrywurstException.class));
  }
}
