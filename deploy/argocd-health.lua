-- Health of a RegistryPushCheck for Argo CD: resource.customizations.health.doctor.stella-ops.org_RegistryPushCheck in argocd-cm.
-- Without it Argo CD takes every check for healthy.

local function health(status, message)
  return { status = status, message = message }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "is being deleted")
end
if obj.spec ~= nil and obj.spec.suspend == true then
  return health("Suspended", "spec.suspend is true: no probes")
end

local status = obj.status or {}
-- -1 before the first probe; an older generation while a new one has no verdict yet.
local settled = status.observedGeneration == obj.metadata.generation

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready

if ready == nil then
  return health("Progressing", "waits for its first probe")
end

local said = ready.reason .. ": " .. ready.message
if not settled or ready.status == "Unknown" then
  return health("Progressing", said)
end
if ready.status == "True" then
  return health("Healthy", said)
end
return health("Degraded", said)
