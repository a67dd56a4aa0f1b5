using Orrery.Catalog;
using Orrery.Models.Json;
using Orrery.Units;

namespace Orrery.Models;

/// <summary>
/// Typed access to the keys of one configuration. A mistake adds a diagnostic and gives back a value that is legal, so that reading goes on
/// and all mistakes are found at once. Keys asked for are remembered: what is left over is unknown.
/// </summary>
internal sealed class ConfigReader(JsonValue root, byte[] bytes, string file, List<Diagnostic> diagnostics)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public bool HasErrors { get; private set; }

    /// <summary>The value of a key, null where it is missing or <c>null</c>.</summary>
    public JsonValue? Find(string key)
    {
        _asked.Add(key);
        foreach ((string name, _, JsonValue value) in root.Members)
        {
            if (name == key)
                return value.Kind == JsonKind.Null ? null : value;
        }

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
            Error(ModelCodes.MissingKey, root.Offset, $"'{key}' is missing; expected a whole number from {minimum} to {maximum}");
        }

        return minimum;
    }

    /// <summary>A whole number, null where the key is missing or wrong.</summary>
    public int? OptionalInteger(string key, int minimum, int maximum)
    {
        if (Find(key) is not { } value)
            return null;
        if (PositionedJson.TryInteger(value, out long number) && number >= minimum && number <= maximum)
            return (int)number;
        Error(ModelCodes.BadValue, value.Offset, $"'{key}' is {value.Words}; expected a whole number from {minimum} to {maximum}");
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

    /// <summary>Where a key's value stands, or the object where it is missing.</summary>
    public int OffsetOf(string key) => Find(key)?.Offset ?? root.Offset;

    /// <summary>Reports every key that was neither asked for nor is known to change nothing.</summary>
    public void ReportUnknownKeys(IgnoredKeys ignored, string modelType)
    {
        foreach ((string key, int offset, JsonValue value) in root.Members)
        {
            if (_asked.Contains(key) || ignored.Covers(key, value))
                continue;
            string? nearest = EditDistance.Nearest(key, _asked.Order(StringComparer.Ordinal).Concat(ignored.Keys.Order(StringComparer.Ordinal)));
            string hint = nearest is null ? "" : $"; did you mean '{nearest}'?";
            Error(
                ModelCodes.UnknownKey,
                offset,
                $"'{JsonValue.Shorten(key)}' = {value.Words} is no key of model_type '{modelType}' and may bear on shape{hint}");
        }
    }

    public void Error(string code, int offset, string message)
    {
        HasErrors = true;
        Add(Severity.Error, code, offset, message);
    }

    public void Note(string code, int offset, string message) => Add(Severity.Note, code, offset, message);

    private void Add(Severity severity, string code, int offset, string message)
    {
        (int line, int column) = PositionedJson.Locate(bytes, offset);
        diagnostics.Add(new Diagnostic(severity, code, file, line, column, message));
    }
}
