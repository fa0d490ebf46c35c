package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.PickleValue.Inert;
import dev.currywurst.weights.PickleValue.PickledDict;
import dev.currywurst.weights.PickleValue.PickledGlobal;
import dev.currywurst.weights.PickleValue.PickledList;
import dev.currywurst.weights.PickleValue.PickledStorage;
import dev.currywurst.weights.PickleValue.PickledTensor;
import dev.currywurst.weights.PickleValue.PickledTuple;
import dev.currywurst.weights.PickleValue.Scalar;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickle as a description. Python would execute it: a pickle is a program for a stack
 * machine that may call any function. This machine has no calls; the few functions that {@code
 * torch.save} uses stand for what they return, and anything else is refused by name. The model is
 * PyTorch's own {@code torch/_weights_only_unpickler.py}.
 *
 * <p>The limits keep a small file from costing much: no instruction copies what another built, so
 * memory is bounded by the number of instructions.
 */
final class PickleReader {
  static final int MOST_INSTRUCTIONS = 2_000_000;
  private static final int MOST_MEMOS = 1_000_000;

  /** Real checkpoints have about six dictionaries in each other. */
  static final int DEEPEST = 64;

  private static final String ADVICE =
      "; if you trust the file, load it in Python and save its state_dict as safetensors";

  /**
   * What a pickle describes.
   *
   * @param storages all memory it refers to, by key
   */
  record Result(PickleValue value, Map<String, PickledStorage> storages) {}

  private final PickleInput in;
  private final TorchReduce reduce;
  private List<PickleValue> stack = new ArrayList<>();
  private final Deque<List<PickleValue>> below = new ArrayDeque<>();
  private @Nullable PickleValue[] memo = new @Nullable PickleValue[64];

  private PickleReader(PickleInput in) {
    this.in = in;
    this.reduce = new TorchReduce(in);
  }

  /**
   * Reads the next pickle and leaves {@code in} behind its end.
   *
   * @throws CurrywurstException if it is broken or holds anything but weights and plain values
   */
  static Result read(PickleInput in) {
    PickleReader reader = new PickleReader(in);
    PickleValue value = reader.run();
    return new Result(value, reader.reduce.storages());
  }

  private PickleValue run() {
    for (int count = 0; count < MOST_INSTRUCTIONS; count++) {
      int position = in.position();
      int code = in.unsignedByte();
      PickleOpcode opcode = PickleOpcode.of(code);
      if (opcode == null) {
        throw in.refuse("uses the unknown instruction 0x%02x at byte %d".formatted(code, position));
      }
      if (opcode == PickleOpcode.STOP) {
        return pop();
      }
      execute(opcode, position);
    }
    throw in.refuse("has more than " + MOST_INSTRUCTIONS + " instructions");
  }

  private void execute(PickleOpcode opcode, int position) {
    switch (opcode) {
      case PROTO -> in.unsignedByte();
      case NONE -> push(new Scalar(null));
      case NEWTRUE -> push(new Scalar(true));
      case NEWFALSE -> push(new Scalar(false));
      case BININT -> push(new Scalar((long) in.signedInt()));
      case BININT1 -> push(new Scalar((long) in.unsignedByte()));
      case BININT2 -> push(new Scalar((long) in.unsignedShort()));
      case LONG1 -> push(number(in.integer(in.unsignedByte())));
      case BINFLOAT -> push(new Scalar(in.bigEndianDouble()));
      case BINUNICODE -> push(new Scalar(in.text(in.unsignedInt())));
      case SHORT_BINSTRING -> push(new Scalar(in.latin1(in.unsignedByte())));
      case EMPTY_TUPLE -> push(new PickledTuple(List.of()));
      case EMPTY_LIST -> push(new PickledList());
      case EMPTY_DICT -> push(new PickledDict());
      case TUPLE1 -> push(tuple(1));
      case TUPLE2 -> push(tuple(2));
      case TUPLE3 -> push(tuple(3));
      case TUPLE -> {
        List<PickleValue> items = popToMark();
        push(new PickledTuple(items));
      }
      case MARK -> mark();
      case BINPUT -> remember(in.unsignedByte());
      case LONG_BINPUT -> remember(in.unsignedInt());
      case BINGET -> push(recall(in.unsignedByte()));
      case LONG_BINGET -> push(recall(in.unsignedInt()));
      case APPEND -> append(List.of(pop()));
      case APPENDS -> append(popToMark());
      case SETITEM -> {
        PickleValue value = pop();
        setItems(List.of(pop(), value));
      }
      case SETITEMS -> setItems(popToMark());
      case GLOBAL -> push(global(in.line() + "." + in.line()));
      case BINPERSID -> push(reduce.storage(pop()));
      case REDUCE -> {
        PickleValue arguments = pop();
        push(reduce.call(pop(), arguments));
      }
      case BUILD -> build(pop());
      default ->
          throw in.refuse(
              "uses the instruction %s at byte %d, which weight files do not need%s"
                  .formatted(opcode, position, ADVICE));
    }
  }

  private PickleValue global(String name) {
    TorchGlobal global =
        TorchGlobal.named(name)
            .orElseThrow(
                () ->
                    in.refuse(
                        "asks for "
                            + Printable.plain(name)
                            + ", which has no place in a weight file"
                            + ADVICE));
    return new PickledGlobal(global);
  }

  private static Scalar number(BigInteger value) {
    return new Scalar(value.bitLength() < Long.SIZE ? (Object) value.longValue() : value);
  }

  private void push(PickleValue value) {
    stack.add(value);
  }

  private PickleValue pop() {
    if (stack.isEmpty()) {
      throw in.refuse("takes from an empty stack near byte " + in.position());
    }
    return stack.remove(stack.size() - 1);
  }

  private PickleValue peek() {
    PickleValue top = pop();
    push(top);
    return top;
  }

  private PickledTuple tuple(int size) {
    PickleValue[] items = new PickleValue[size];
    for (int i = size - 1; i >= 0; i--) {
      items[i] = pop();
    }
    return new PickledTuple(List.of(items));
  }

  private void mark() {
    if (below.size() == DEEPEST) {
      throw in.refuse("nests more than " + DEEPEST + " values in each other");
    }
    below.push(stack);
    stack = new ArrayList<>();
  }

  private List<PickleValue> popToMark() {
    if (below.isEmpty()) {
      throw in.refuse("takes to a mark that is not there near byte " + in.position());
    }
    List<PickleValue> items = stack;
    stack = below.pop();
    return items;
  }

  private void remember(long index) {
    if (index >= MOST_MEMOS) {
      throw in.refuse("remembers more than " + MOST_MEMOS + " values");
    }
    int i = (int) index;
    if (i >= memo.length) {
      memo = Arrays.copyOf(memo, Math.max(i + 1, memo.length * 2));
    }
    memo[i] = peek();
  }

  private PickleValue recall(long index) {
    PickleValue value = index < memo.length ? memo[(int) index] : null;
    if (value == null) {
      throw in.refuse("recalls value " + index + ", which it never remembered");
    }
    return value;
  }

  private void append(List<PickleValue> items) {
    if (!(peek() instanceof PickledList list)) {
      throw in.refuse("appends to something that is no list near byte " + in.position());
    }
    list.items().addAll(items);
  }

  private void setItems(List<PickleValue> keysAndValues) {
    if (!(peek() instanceof PickledDict dict)) {
      throw in.refuse("sets items of something that is no dictionary near byte " + in.position());
    }
    if (keysAndValues.size() % 2 != 0) {
      throw in.refuse("has a key without a value near byte " + in.position());
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      reduce.put(dict, keysAndValues.get(i), keysAndValues.get(i + 1));
    }
  }

  /** Attributes, such as a state dictionary's {@code _metadata}, change no weights. */
  private void build(PickleValue attributes) {
    PickleValue built = peek();
    boolean harmless =
        built instanceof PickledDict || built instanceof PickledTensor || built instanceof Inert;
    if (!harmless || attributes instanceof PickledGlobal) {
      throw in.refuse("gives attributes to something that has none near byte " + in.position());
    }
  }
}
