-- Of what is open: a small part of the store, and what most people look at. The condition is written in
-- src/incidents/filter-store.ts in the same words.

-- CreateIndex
CREATE INDEX "Incident_open_idx" ON "Incident"("updatedAt") WHERE "isListed" AND status IN ('active', 'inProgress', 'awaitingAction');

-- CreateIndex
CREATE INDEX "Incident_open_created_idx" ON "Incident"("createdAt") WHERE "isListed" AND status IN ('active', 'inProgress', 'awaitingAction');

-- CreateIndex
CREATE INDEX "Incident_open_severity_idx" ON "Incident"("severityRank", "updatedAt") WHERE "isListed" AND status IN ('active', 'inProgress', 'awaitingAction');

-- CreateIndex
CREATE INDEX "Incident_open_assignee_idx" ON "Incident"("assigneeKey", "updatedAt") WHERE "isListed" AND status IN ('active', 'inProgress', 'awaitingAction');

-- CreateIndex
CREATE INDEX "Incident_open_tenant_idx" ON "Incident"("tenantId", "updatedAt") WHERE "isListed" AND status IN ('active', 'inProgress', 'awaitingAction');

-- CreateIndex
CREATE INDEX "Incident_open_facets_idx" ON "Incident" USING GIN ("products", "categories", "techniques", "tags", "titleWords") WHERE "isListed" AND status IN ('active', 'inProgress', 'awaitingAction');
