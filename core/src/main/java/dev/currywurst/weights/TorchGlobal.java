package dev.currywurst.weights;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The names of Python's world that a checkpoint may mention: those that state dictionaries and the
 * training state beside them are made of. They stand for themselves; nothing is looked up or
 * called.
 *
 * @param name such as {@code torch._utils._rebuild_tensor_v2}
 * @param type the element type that a storage or a dtype stands for
 */
record TorchGlobal(String name, Kind kind, @Nullable StoredType type) {
  enum Kind {
    ORDERED_DICT,
    SIZE,
    TENSOR,
    TENSOR_V2,
    TENSOR_V3,
    PARAMETER,
    FROM_TYPE,
    STORAGE,
    DTYPE,
    /** Allowed, and ignored: devices, numbers of numpy, sets. */
    INERT
  }

  private static final Map<String, TorchGlobal> KNOWN = new HashMap<>();

  static {
    add("collections.OrderedDict", Kind.ORDERED_DICT);
    add("torch.Size", Kind.SIZE);
    add("torch._utils._rebuild_tensor", Kind.TENSOR);
    add("torch._utils._rebuild_tensor_v2", Kind.TENSOR_V2);
    add("torch._utils._rebuild_tensor_v3", Kind.TENSOR_V3);
    add("torch._utils._rebuild_parameter", Kind.PARAMETER);
    add("torch._utils._rebuild_parameter_with_state", Kind.PARAMETER);
    add("torch._tensor._rebuild_from_type_v2", Kind.FROM_TYPE);
    addStorages();
    addDtypes();
    add("torch.Tensor", Kind.INERT);
    add("torch.nn.parameter.Parameter", Kind.INERT);
    add("torch.device", Kind.INERT);
    add("_codecs.encode", Kind.INERT);
    add("__builtin__.set", Kind.INERT);
    add("builtins.set", Kind.INERT);
    add("collections.Counter", Kind.INERT);
    add("numpy.dtype", Kind.INERT);
    add("numpy.ndarray", Kind.INERT);
    for (String core : new String[] {"numpy.core", "numpy._core"}) {
      add(core + ".multiarray.scalar", Kind.INERT);
      add(core + ".multiarray._reconstruct", Kind.INERT);
    }
  }

  private static void addStorages() {
    add("torch.FloatStorage", Kind.STORAGE, StoredType.F32);
    add("torch.DoubleStorage", Kind.STORAGE, StoredType.F64);
    add("torch.HalfStorage", Kind.STORAGE, StoredType.F16);
    add("torch.BFloat16Storage", Kind.STORAGE, StoredType.BF16);
    add("torch.LongStorage", Kind.STORAGE, StoredType.I64);
    add("torch.IntStorage", Kind.STORAGE, StoredType.I32);
    add("torch.ShortStorage", Kind.STORAGE, StoredType.I16);
    add("torch.CharStorage", Kind.STORAGE, StoredType.I8);
    add("torch.ByteStorage", Kind.STORAGE, StoredType.U8);
    add("torch.BoolStorage", Kind.STORAGE, StoredType.BOOL);
    add("torch.ComplexFloatStorage", Kind.STORAGE, StoredType.C64);
    add("torch.storage.UntypedStorage", Kind.STORAGE);
  }

  private static void addDtypes() {
    add("torch.float32", Kind.DTYPE, StoredType.F32);
    add("torch.float64", Kind.DTYPE, StoredType.F64);
    add("torch.float16", Kind.DTYPE, StoredType.F16);
    add("torch.bfloat16", Kind.DTYPE, StoredType.BF16);
    add("torch.int64", Kind.DTYPE, StoredType.I64);
    add("torch.int32", Kind.DTYPE, StoredType.I32);
    add("torch.int16", Kind.DTYPE, StoredType.I16);
    add("torch.int8", Kind.DTYPE, StoredType.I8);
    add("torch.uint8", Kind.DTYPE, StoredType.U8);
    add("torch.uint16", Kind.DTYPE, StoredType.U16);
    add("torch.uint32", Kind.DTYPE, StoredType.U32);
    add("torch.uint64", Kind.DTYPE, StoredType.U64);
    add("torch.bool", Kind.DTYPE, StoredType.BOOL);
    add("torch.complex64", Kind.DTYPE, StoredType.C64);
    add("torch.float8_e4m3fn", Kind.DTYPE, StoredType.F8_E4M3);
    add("torch.float8_e5m2", Kind.DTYPE, StoredType.F8_E5M2);
    add("torch.float8_e4m3fnuz", Kind.DTYPE, StoredType.F8_E4M3FNUZ);
    add("torch.float8_e5m2fnuz", Kind.DTYPE, StoredType.F8_E5M2FNUZ);
    add("torch.float8_e8m0fnu", Kind.DTYPE, StoredType.F8_E8M0);
  }

  private static void add(String name, Kind kind) {
    KNOWN.put(name, new TorchGlobal(name, kind, null));
  }

  private static void add(String name, Kind kind, StoredType type) {
    KNOWN.put(name, new TorchGlobal(name, kind, type));
  }

  /** The global of that full name, unless it has no place in a weight file. */
  static Optional<TorchGlobal> named(String name) {
    return Optional.ofNullable(KNOWN.get(name));
  }
}
