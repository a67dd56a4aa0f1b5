using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Models.Json;
using Orrery.Units;

namespace Orrery.Models;

/// <summary>
/// Typed access to the keys of one configuration. A mistake adds a diagnostic and gives back a value that is legal, so that reading goes on
/// and all mistakes are found at once. Keys asked for are remembered: what is left over is unknown.
/// </summary>
internal sealed class ConfigReader
{
    private readonly JsonValue _root;
    private readonly byte[] _bytes;
    private readonly string _file;
    private readonly List<Diagnostic> _diagnostics;
    private readonly ConfigReader? _outer;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly List<(string Key, ConfigReader Reader)> _inner = [];
    private ImmutableArray<(string Key, int Value)> _defaults = [];
    private bool _hasErrors;

    public ConfigReader(JsonValue root, byte[] bytes, string file, List<Diagnostic> diagnostics)
        : this(root, bytes, file, diagnostics, null)
    {
    }

    private ConfigReader(JsonValue root, byte[] bytes, string file, List<Diagnostic> diagnostics, ConfigReader? outer)
    {
        _root = root;
        _bytes = bytes;
        _file = file;
        _diagnostics = diagnostics;
        _outer = outer;
    }

    /// <summary>True after an error anywhere in the file that was found by a reader of it.</summary>
    public bool HasErrors => _outer?.HasErrors ?? _hasErrors;

    /// <summary>True for a configuration inside another.</summary>
    public bool IsNested => _outer is not null;

    /// <summary>The value of a key, null where it is missing or <c>null</c>.</summary>
    public JsonValue? Find(string key)
    {
        _asked.Add(key);
        foreach ((string name, _, JsonValue value) in _root.Members)
        {
            if (name == key)
                return value.Kind == JsonKind.Null ? null : value;
        }

        return null;
    }

    /// <summary>Takes the published defaults of a family for keys that a nested configuration leaves out.</summary>
    public void UseDefaults(ImmutableArray<(string Key, int Value)> defaults) => _defaults = defaults;

    /// <summary>The object of a key as a configuration of its own, null where the key is missing or wrong.</summary>
    public ConfigReader? OptionalGroup(string key)
    {
        foreach ((string known, ConfigReader reader) in _inner)
        {
            if (known == key)
                return reader;
        }

        if (Find(key) is not { } value)
            return null;
        if (value.Kind == JsonKind.Group)
        {
            ConfigReader reader = new(value, _bytes, _file, _diagnostics, this);
            _inner.Add((key, reader));
            return reader;
        }

        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected an object");
        return null;
    }

    /// <summary>A whole number that must be there.</summary>
    public int Integer(string key, int minimum, int maximum)
    {
        if (OptionalInteger(key, minimum, maximum) is { } value)
            return value;
        if (Find(key) is null)
        {
            // A misspelt key is reported where it stands, as unknown; this says what is lacking.
            Error(ModelCodes.MissingKey, _root.Offset, $"'{key}' is missing; expected a whole number from {minimum} to {maximum}");
        }

        return minimum;
    }

    /// <summary>A whole number, null where the key is missing or wrong.</summary>
    public int? OptionalInteger(string key, int minimum, int maximum)
    {
        if (Find(key) is not { } value)
            return Default(key);
        if (PositionedJson.TryInteger(value, out long number) && number >= minimum && number <= maximum)
            return (int)number;
        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected a whole number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>A number, null where the key is missing or wrong.</summary>
    public double? OptionalNumber(string key, double minimum, double maximum)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.Kind == JsonKind.Number && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number >= minimum && number <= maximum)
        {
            return number;
        }

        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected a number from {minimum} to {maximum}");
        return null;
    }

    public bool? OptionalBoolean(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.Kind == JsonKind.Boolean)
            return value.IsTrue;
        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected true or false");
        return null;
    }

    /// <summary>A text, null where the key is missing or wrong.</summary>
    public string? OptionalText(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.Kind == JsonKind.Text)
            return value.Text;
        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected a text in quotes");
        return null;
    }

    /// <summary>A list, empty where the key is missing or wrong.</summary>
    public List<JsonValue> OptionalList(string key)
    {
        if (Find(key) is not { } value)
            return [];
        if (value.Kind == JsonKind.List)
            return value.Items;
        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected a list");
        return [];
    }

    /// <summary>A list of so many whole numbers, null where the key is missing or wrong.</summary>
    public int[]? OptionalIntegers(string key, int count, int minimum, int maximum)
    {
        if (Find(key) is not { } value)
            return null;
        int[] numbers = new int[count];
        bool fits = value.Kind == JsonKind.List && value.Items.Count == count;
        for (int index = 0; index < count && fits; index++)
        {
            fits = PositionedJson.TryInteger(value.Items[index], out long number) && number >= minimum && number <= maximum;
            numbers[index] = (int)number;
        }

        if (fits)
            return numbers;
        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected a list of {count} whole numbers from {minimum} to {maximum}");
        return null;
    }

    /// <summary>Where a key's value stands, or the object where it is missing.</summary>
    public int OffsetOf(string key) => Find(key)?.Offset ?? _root.Offset;

    /// <summary>Passes over keys that say nothing where they stand.</summary>
    public void PassOver(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            _asked.Add(key);
    }

    /// <summary>Reports every key that was neither asked for nor is known to change nothing.</summary>
    public void ReportUnknownKeys(IgnoredKeys ignored, string modelType)
    {
        foreach ((string key, int offset, JsonValue value) in _root.Members)
        {
            if (_asked.Contains(key) || ignored.Covers(key, value))
                continue;
            string hint = EditDistance.Hint(key, _asked.Order(StringComparer.Ordinal).Concat(ignored.Keys.Order(StringComparer.Ordinal)));
            Error(
                ModelCodes.UnknownKey,
                offset,
                $"'{JsonValue.Shorten(key)}' = {value.Words} is no key of model_type '{modelType}' and may bear on shape{hint}");
        }

        foreach ((string key, ConfigReader reader) in _inner)
            reader.ReportUnknownKeys(ignored, $"{modelType}, {key}");
    }

    public void Error(string code, int offset, string message)
    {
        for (ConfigReader? reader = this; reader is not null; reader = reader._outer)
            reader._hasErrors = true;
        Add(Severity.Error, code, offset, message);
    }

    public void Note(string code, int offset, string message) => Add(Severity.Note, code, offset, message);

    private int? Default(string key)
    {
        foreach ((string name, int value) in _defaults)
        {
            if (name == key)
                return value;
        }

        return null;
    }

    private void Add(Severity severity, string code, int offset, string message)
    {
        (int line, int column) = PositionedJson.Locate(_bytes, offset);
        _diagnostics.Add(new Diagnostic(severity, code, _file, line, column, message));
    }
}
