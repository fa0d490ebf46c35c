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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the functions named in a checkpoint would return: see {@code torch/_utils.py}, {@code
 * _rebuild_tensor_v2} and its neighbours. Arguments are checked, as they come from a stranger.
 */
final class TorchReduce {
  /** Each of _rebuild_tensor's first arguments: storage, offset, size, stride. */
  private static final int TENSOR_ARGUMENTS = 4;

  /** Weights have up to five. */
  private static final int MOST_DIMENSIONS = 16;

  private final PickleInput in;

  private final Map<String, PickledStorage> storages = new HashMap<>();

  /** Items read from lists so far: a list can be read again and again, so this is bounded too. */
  private int itemsRead;

  TorchReduce(PickleInput in) {
    this.in = in;
  }

  PickleValue call(PickleValue function, PickleValue arguments) {
    if (!(function instanceof PickledGlobal named)) {
      throw in.refuse("calls something that is no function near byte " + in.position());
    }
    TorchGlobal global = named.global();
    List<PickleValue> args = tuple(arguments, global);
    return switch (global.kind()) {
      case ORDERED_DICT -> orderedDict(args, global);
      case SIZE -> new PickledTuple(args.isEmpty() ? List.of() : sequence(args.get(0), global));
      case TENSOR, TENSOR_V2 -> tensor(args, global, null);
      case TENSOR_V3 -> tensor(args, global, dtype(args, global));
      case PARAMETER -> parameter(args, global);
      case FROM_TYPE -> fromType(args, global);
      case INERT -> new Inert();
      case STORAGE, DTYPE -> throw broken(global);
    };
  }

  /** A persistent id: ("storage", type, key, location, elements), and in old files a view. */
  PickledStorage storage(PickleValue id) {
    if (id instanceof PickledTuple tuple
        && (tuple.items().size() == 5 || tuple.items().size() == 6)
        && tuple.items().get(0) instanceof Scalar tag
        && "storage".equals(tag.value())
        && tuple.items().get(1) instanceof PickledGlobal type
        && type.global().kind() == TorchGlobal.Kind.STORAGE
        && tuple.items().get(2) instanceof Scalar key
        && key.value() instanceof String name
        && tuple.items().get(4) instanceof Scalar size
        && size.value() instanceof Long elements
        && elements >= 0
        && elements <= Long.MAX_VALUE / 64) {
      if (tuple.items().size() == 6 && !isNone(tuple.items().get(5))) {
        throw in.refuse(
            "has views of storages, as PyTorch wrote before 0.4; save it again with a newer one");
      }
      PickledStorage storage = new PickledStorage(name, type.global().type(), elements);
      storages.putIfAbsent(name, storage);
      return storage;
    }
    throw in.refuse("refers to something outside it that is no storage near byte " + in.position());
  }

  /** All storages so far, as they were first mentioned. */
  Map<String, PickledStorage> storages() {
    return storages;
  }

  /** Sets one item. Keys are text, numbers, truth values or None; Python takes others too. */
  void put(PickledDict dict, PickleValue key, PickleValue value) {
    if (!(key instanceof Scalar scalar)) {
      throw in.refuse("has a dictionary key that is no plain value near byte " + in.position());
    }
    dict.items().put(scalar.value(), value);
  }

  private static boolean isNone(PickleValue value) {
    return value instanceof Scalar scalar && scalar.value() == null;
  }

  private PickledDict orderedDict(List<PickleValue> args, TorchGlobal global) {
    PickledDict dict = new PickledDict();
    if (!args.isEmpty()) {
      // Python 2 wrote a list of pairs.
      for (PickleValue pair : sequence(args.get(0), global)) {
        List<PickleValue> items = sequence(pair, global);
        if (items.size() != 2) {
          throw broken(global);
        }
        put(dict, items.get(0), items.get(1));
      }
    }
    return dict;
  }

  /** {@code _rebuild_parameter(data, requires_grad, hooks)} is its data. */
  private PickleValue parameter(List<PickleValue> args, TorchGlobal global) {
    if (args.isEmpty() || !(args.get(0) instanceof PickledTensor tensor)) {
      throw broken(global);
    }
    return tensor;
  }

  /** {@code _rebuild_from_type_v2(function, type, args, state)}: a tensor with attributes. */
  private PickleValue fromType(List<PickleValue> args, TorchGlobal global) {
    if (args.size() < 3
        || !(args.get(0) instanceof PickledGlobal function)
        || function.global().kind() == TorchGlobal.Kind.FROM_TYPE) {
      throw broken(global);
    }
    return call(function, args.get(2));
  }

  private PickledTensor tensor(
      List<PickleValue> args, TorchGlobal global, @Nullable StoredType dtype) {
    if (args.size() < TENSOR_ARGUMENTS || !(args.get(0) instanceof PickledStorage storage)) {
      throw broken(global);
    }
    StoredType type = dtype == null ? storage.type() : dtype;
    if (type == null) {
      throw broken(global);
    }
    int remarks = global.kind() == TorchGlobal.Kind.TENSOR_V3 ? 7 : 6;
    if (args.size() > remarks && isMarked(args.get(remarks))) {
      throw in.refuse("has a tensor that PyTorch stored negated or conjugated; save it plainly");
    }
    long offset = whole(args.get(1), global);
    List<Long> shape = wholes(args.get(2), global);
    List<Long> strides = wholes(args.get(3), global);
    Strided layout =
        Strided.of(offset, shape, strides)
            .filter(l -> l.end() * type.bits() / 8 <= storage.bytes())
            .orElseThrow(
                () ->
                    in.refuse(
                        ("has a tensor of shape %s, strides %s and offset %d outside its"
                                + " storage of %d bytes")
                            .formatted(shape, strides, offset, storage.bytes())));
    return new PickledTensor(storage, type, layout);
  }

  private static boolean isMarked(PickleValue metadata) {
    return metadata instanceof PickledDict dict && !dict.items().isEmpty();
  }

  private StoredType dtype(List<PickleValue> args, TorchGlobal global) {
    if (args.size() > 6
        && args.get(6) instanceof PickledGlobal dtype
        && dtype.global().kind() == TorchGlobal.Kind.DTYPE
        && dtype.global().type() != null) {
      return dtype.global().type();
    }
    throw broken(global);
  }

  private List<PickleValue> tuple(PickleValue value, TorchGlobal global) {
    if (value instanceof PickledTuple tuple) {
      return tuple.items();
    }
    throw broken(global);
  }

  private List<PickleValue> sequence(PickleValue value, TorchGlobal global) {
    List<PickleValue> items =
        value instanceof PickledList list ? list.items() : tuple(value, global);
    itemsRead += items.size();
    if (itemsRead > PickleReader.MOST_INSTRUCTIONS) {
      throw in.refuse("reads more than " + PickleReader.MOST_INSTRUCTIONS + " items of lists");
    }
    return items;
  }

  private List<Long> wholes(PickleValue value, TorchGlobal global) {
    List<PickleValue> items = sequence(value, global);
    if (items.size() > MOST_DIMENSIONS) {
      throw in.refuse("has a tensor of more than " + MOST_DIMENSIONS + " dimensions");
    }
    List<Long> wholes = new ArrayList<>(items.size());
    for (PickleValue item : items) {
      wholes.add(whole(item, global));
    }
    return wholes;
  }

  private long whole(PickleValue value, TorchGlobal global) {
    if (value instanceof Scalar scalar && scalar.value() instanceof Long number) {
      return number;
    }
    throw broken(global);
  }

  private CurrywurstException broken(TorchGlobal global) {
    return in.refuse("calls " + global.name() + " with arguments it does not take");
  }
}
