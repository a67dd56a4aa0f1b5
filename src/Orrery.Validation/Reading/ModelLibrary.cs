using Orrery.Catalog;
using Orrery.Models;

namespace Orrery.Validation.Reading;

/// <summary>Models of a data folder, each loaded once. Not shared between threads.</summary>
public sealed class ModelLibrary(string dataRoot)
{
    private readonly Dictionary<string, Result<ModelArchitecture>> _loaded = new(StringComparer.Ordinal);

    /// <summary>The model of that name, or why there is none.</summary>
    public Result<ModelArchitecture> Load(string name)
    {
        if (!_loaded.TryGetValue(name, out Result<ModelArchitecture>? result))
            _loaded[name] = result = ModelLoader.Load(name, dataRoot);
        return result;
    }
}
